# SPDX-License-Identifier: GPL-3.0-or-later
"""Holding a link tree against what it should be: what is missing, astray, dangling or too much."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from storage.layout import release_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp
    from storage.layout import Layout

Fault = Literal["missing", "wrong", "dangling", "extra"]


@dataclass(frozen=True, slots=True)
class LinkFault:
    """A link that is not as it should be.

    Attributes:
        path: Of the link, below the archive's root.
        fault: `missing`; `wrong`: leads to other bytes; `dangling`: to bytes that are not
            stored; `extra`: nothing says that there should be one.
        target: Where it leads; empty when missing.
    """

    path: str
    fault: Fault
    target: str = ""


class LayoutCheck:
    """The link tree of one archive.

    Args:
        layout: All trees.
        archive: Which one; nobody else changes it meanwhile.
    """

    def __init__(self, layout: Layout, archive: str) -> None:
        self._top = layout.root / archive
        self._real_top = self._top.resolve()
        self._blobs = layout.blobs

    def release(self, release: Digest, files: Mapping[str, Digest]) -> Iterator[LinkFault]:
        """The tree of one distinct Release.

        Args:
            release: Its digest, the name of the tree.
            files: Path below `dists/<suite>/` to bytes.
        """
        tree = self._top / "releases" / release.hex
        wanted = release_names(files)
        found = set()
        for path in _links(tree):
            name = path.relative_to(tree).as_posix()
            found.add(name)
            if digest := wanted.get(name):
                yield from self._link(path, digest)
            else:
                yield self._fault(path, "extra")
        for name in sorted(wanted.keys() - found):
            yield LinkFault(f"releases/{tree.name}/{name}", "missing")

    def run(
        self,
        stamp: Timestamp,
        suites: Mapping[str, Digest],
        aliases: Iterable[Timestamp],
        meaning: Callable[[str], Digest | None] = lambda _path: None,
    ) -> Iterator[LinkFault]:
        """The few links of one run.

        Args:
            stamp: Its own stamp.
            suites: Digest of the Release of each suite, under all of its names.
            aliases: Other stamps that lead to it.
            meaning: What a pool name means in this run; asked for the names in its own pool.
        """
        link = self._top / str(stamp)
        if not link.is_dir():
            yield self._fault(link, "dangling" if link.is_symlink() else "missing")
            return
        if not _leads_to(link, f"runs/{stamp}."):
            yield self._fault(link, "wrong")
            return
        for suite, release in suites.items():
            if suite.endswith("/"):
                yield from self._flat(link / suite, release)
                continue
            path = link / "dists" / suite
            if not path.is_symlink():
                yield self._fault(path, "missing")
            elif path.readlink().name != release.hex:
                yield self._fault(path, "wrong")
            elif not path.is_dir():
                yield self._fault(path, "dangling")
        yield from self._own_pool(link / "pool", meaning)
        yield from self._aliases(stamp, aliases)

    def _aliases(self, stamp: Timestamp, aliases: Iterable[Timestamp]) -> Iterator[LinkFault]:
        """Other stamps: each leads to this run, or is the own stamp of another one."""
        for alias in aliases:
            path = self._top / str(alias)
            if alias == stamp:
                continue
            if not path.is_dir():
                yield self._fault(path, "dangling" if path.is_symlink() else "missing")
            elif not _leads_to(path, str(stamp), f"runs/{alias}."):
                yield self._fault(path, "wrong")

    def _flat(self, place: Path, release: Digest) -> Iterator[LinkFault]:
        """The metadata of a flat repository: a link for each file of its Release's tree."""
        tree = self._top / "releases" / release.hex
        for file in _links(tree):
            path = place / file.relative_to(tree)
            if not path.is_symlink():
                yield self._fault(path, "missing")
            elif (path.parent.resolve() / path.readlink()).resolve() != file.resolve():
                yield self._fault(path, "wrong")

    def _own_pool(self, pool: Path, meaning: Callable[[str], Digest | None]) -> Iterator[LinkFault]:
        """The shared pool, or the names that mean something else in this run."""
        if pool.is_symlink():
            if str(pool.readlink()) != "../../pool":
                yield self._fault(pool, "wrong")
        elif not pool.is_dir():
            yield self._fault(pool, "missing")
        else:
            for path in _links(pool):
                means = meaning(path.relative_to(pool.parent).as_posix())
                if means is None or means.hex != path.readlink().name:
                    yield self._fault(path, "wrong")

    def stray_runs(self, stamps: Iterable[Timestamp]) -> Iterator[LinkFault]:
        """Stamps that lead somewhere though no run has them."""
        known = {str(stamp) for stamp in stamps}
        if self._top.is_dir():
            for path in sorted(self._top.iterdir()):
                if path.is_symlink() and path.name not in known:
                    yield self._fault(path, "extra")

    def pool(self, files: Mapping[str, Mapping[str, bool]]) -> Iterator[LinkFault]:
        """The shared pool.

        Args:
            files: Each path to the digests (64 digits) it may mean, and whether those are
                stored. A name that means several may have no link.
        """
        found = set()
        for path in _links(self._top / "pool"):
            name = path.relative_to(self._top).as_posix()
            found.add(name)
            stored = files.get(name, {}).get(path.readlink().name)
            if stored is None:
                yield self._fault(path, "wrong" if name in files else "extra")
                continue
            # A link to bytes that are not stored yet holds a name that is used again.
            faults = self._link(path, None)
            yield from (fault for fault in faults if stored or fault.fault != "dangling")
        for name, means in files.items():
            if name not in found and list(means.values()) == [True]:
                yield LinkFault(name, "missing")

    def remove(self, fault: LinkFault) -> None:
        """Take a link away that is not as it should be."""
        path = self._top / fault.path
        if path.is_symlink():
            path.unlink()

    def remove_run(self, stamp: Timestamp) -> None:
        """Take the tree of a run away, so that it is built anew."""
        for tree in (self._top / "runs").glob(f"{stamp}.*"):
            shutil.rmtree(tree)

    def _link(self, path: Path, digest: Digest | None) -> Iterator[LinkFault]:
        """One link to a blob: of the given digest, or of its own name."""
        target = path.readlink()
        if digest is not None and target.name != digest.hex:
            yield self._fault(path, "wrong")
            return
        # The rest of the target counts too: a moved blob directory leaves all links astray.
        place = self._real_top / path.parent.relative_to(self._top)
        if os.path.normpath(place / target) != str(self._blobs / _blob_name(target.name)):
            yield self._fault(path, "wrong")
        elif not path.exists():
            yield self._fault(path, "dangling")

    def _fault(self, path: Path, fault: Fault) -> LinkFault:
        target = str(path.readlink()) if path.is_symlink() else ""
        return LinkFault(path.relative_to(self._top).as_posix(), fault, target)


def _leads_to(link: Path, *beginnings: str) -> bool:
    return link.is_symlink() and str(link.readlink()).startswith(beginnings)


def _blob_name(hexadecimal: str) -> str:
    return f"sha256/{hexadecimal[:2]}/{hexadecimal[2:4]}/{hexadecimal}"


def _links(tree: Path) -> Iterator[Path]:
    """Every link below a directory, in order; links are not followed."""
    for where, directories, names in os.walk(tree):
        directories.sort()
        base = tree.__class__(where)
        for name in sorted([*directories, *names]):
            if (base / name).is_symlink():
                yield base / name
