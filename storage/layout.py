# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of links over the blobs, so that any web server can serve the dated archives.

::

    <root>/<archive>/pool/main/h/hello/hello_2.10-3_amd64.deb → the blob
    <root>/<archive>/releases/<digest>/main/binary-amd64/Packages.xz → the blob
    <root>/<archive>/runs/<stamp>.<id>/dists/<suite> → ../../../releases/<digest>
    <root>/<archive>/runs/<stamp>.<id>/pool → ../../pool
    <root>/<archive>/<stamp> → runs/<stamp>.<id>

A flat repository has no `dists/`: in each run there is a link for each of its files.

All links are relative. The pool is shared by all runs and there is one tree per *distinct*
Release, so a run costs a handful of links however large the archive is. A run appears, or
is replaced, by the rename of one link.

A pool name that was reused for other bytes keeps its first meaning in the shared pool, if it
was linked before that was known; runs in which it means something else have a `pool/` of their
own with the exceptions (a web server tries that first, then the shared one).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from storage.blobs.disk_errors import disk_errors
from storage.blobs.durability import sync_file_system
from storage.blobs.local import blob_name
from storage.layout_notes import DRAFT_OF_NAMES, LayoutNotes
from storage.links import is_own_run, link_each, make_link, new_aside, swap_link

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp


class Layout:
    """The link trees of all archives.

    Args:
        root: `<data>/archive`.
        blobs: Root of the local blob store the links point into.
    """

    def __init__(self, root: Path, blobs: Path) -> None:
        self.root = root
        self.blobs = blobs.resolve()
        # From the root to the blobs; a link in a tree goes up to the root first.
        self._to_blobs = os.path.relpath(self.blobs, root.resolve())

    def link_files(
        self,
        archive: str,
        files: Iterable[tuple[str, Digest]],
        *,
        reused: Collection[str] = (),
    ) -> list[str]:
        """Give package files their names in the shared pool.

        Args:
            archive: Whose pool.
            files: Path relative to the archive's root, and its bytes. Paths outside `pool/`
                get no link: the server resolves those.
            reused: Names that other runs know for other bytes, be they stored or not. They get
                no link here, or those runs would serve it.

        Returns:
            Names that mean other bytes already; they are remembered, and `place_run` asks
            what they mean in its run.
        """
        top = self.root / archive
        taken: list[str] = []
        with disk_errors(top, "linking package files"):
            for path, digest in files:
                if not path.startswith("pool/"):
                    continue
                known = path in reused and self._means(archive, path, digest)
                if not known and (path in reused or not self._link(top / path, digest)):
                    taken.append(path)
            if taken:
                self.notes(archive).remember_reused(taken)
        return taken

    def place_release(self, archive: str, release: Digest, files: Mapping[str, Digest]) -> Path:
        """The tree of one distinct Release; one that exists gets what it lacks.

        Args:
            archive: Whose Release.
            release: Digest of its signed file, the name of the tree.
            files: Path below `dists/<suite>/` to bytes; `by-hash` names are added.
        """
        final = self.root / archive / "releases" / release.hex
        with disk_errors(self.root, "linking a Release"):
            if final.is_dir():
                self._fill(final, files)
                return final
            new = new_aside(final)
            self._fill(new, files)
            try:
                new.rename(final)
            except OSError:  # another process was faster: the same tree
                shutil.rmtree(new)
                self._fill(final, files)
        return final

    def _fill(self, tree: Path, files: Mapping[str, Digest]) -> None:
        for path, digest in release_names(files).items():
            self._link(tree / path, digest)

    def notes(self, archive: str) -> LayoutNotes:
        """What is noted beside the trees of an archive."""
        return LayoutNotes(self.root / archive)

    def place_run(
        self,
        archive: str,
        stamp: Timestamp,
        suites: Mapping[str, Digest],
        *,
        meaning: Callable[[str], Digest | None] = lambda _path: None,
        aliases: Iterable[Timestamp] = (),
        beside: Mapping[str, Digest] | None = None,
    ) -> Path:
        """Make a run appear, or replace it, at one instant.

        Args:
            archive: Whose run.
            stamp: Its own stamp.
            suites: Digest of the Release of each suite; `place_release` made the trees.
            meaning: What a pool name means in this run; asked for reused names only.
            aliases: Other stamps that lead to the same run.
            beside: Package files of flat repositories: they lie beside their metadata, so the
                run has links of its own for them. A name of the metadata, or of a directory of
                ours, stays what it is.

        Returns:
            The link `<root>/<archive>/<stamp>`.
        """
        exceptions = {
            path: digest
            for path in self.notes(archive).reused_names()
            if (digest := meaning(path)) is not None and not self._means(archive, path, digest)
        }
        top = self.root / archive
        with disk_errors(top, f"placing {archive} {stamp}"):
            tree = top / "runs" / f"{stamp}.{_identity(suites, exceptions, beside or {})}"
            self._build(tree, suites, exceptions, beside or {})
            link = swap_link(top / str(stamp), f"runs/{tree.name}")
            for alias in aliases:
                # Another run's own stamp means that run, whatever an upstream called this one.
                if alias != stamp and not is_own_run(top / str(alias)):
                    swap_link(top / str(alias), str(stamp))
            self._drop_replaced(top, stamp, tree)
            self.sync()  # until then it is noted that the run is to be placed
            self.notes(archive).run_is_placed(stamp)
        return link

    def sync(self) -> None:
        """Return when all links made so far would survive a power cut."""
        if self.root.is_dir():
            with disk_errors(self.root, "making links durable"):
                sync_file_system(self.root)

    def sweep(self, archive: str) -> int:
        """Remove what a killed process left half made; returns how much that was.

        Only whoever syncs the archive may call it: nobody else makes trees.
        """
        top = self.root / archive
        left = [
            path
            for place in (top, top / "runs", top / "releases")
            if place.is_dir()
            for path in place.iterdir()
            if path.name.startswith(".") and not path.name.startswith(DRAFT_OF_NAMES)
        ]
        for path in left:
            if path.is_symlink():
                path.unlink(missing_ok=True)
            else:
                shutil.rmtree(path, ignore_errors=True)
        return len(left)

    def has_run(self, archive: str, stamp: Timestamp) -> bool:
        """Whether the run has appeared, whatever it holds."""
        return (self.root / archive / str(stamp)).is_dir()

    def _build(
        self,
        tree: Path,
        suites: Mapping[str, Digest],
        exceptions: Mapping[str, Digest],
        beside: Mapping[str, Digest],
    ) -> None:
        """Make the tree of a run; one that exists gets what a power cut took from it."""
        if tree.is_dir():
            self._link_run(tree, suites, exceptions, beside)
            return
        new = new_aside(tree)
        self._link_run(new, suites, exceptions, beside)
        try:
            new.rename(tree)
        except OSError:  # another process was faster: the same tree
            shutil.rmtree(new)

    def _link_run(
        self,
        tree: Path,
        suites: Mapping[str, Digest],
        exceptions: Mapping[str, Digest],
        beside: Mapping[str, Digest],
    ) -> None:
        for suite, release in suites.items():
            if suite.endswith("/"):
                link_each(tree / suite, tree.parent.parent / "releases" / release.hex)
                continue
            up = "../" * (3 + suite.count("/"))
            make_link(tree / "dists" / suite, f"{up}releases/{release.hex}")
        for path, digest in exceptions.items():
            self._link(tree / path, digest)
        if not exceptions:
            make_link(tree / "pool", "../../pool")
        for path, digest in beside.items():
            if not path.startswith(("dists/", "pool/")):
                self._link(tree / path, digest)

    def _drop_replaced(self, top: Path, stamp: Timestamp, kept: Path) -> None:
        """Remove earlier shapes of a run that was replaced."""
        for tree in (top / "runs").glob(f"{stamp}.*"):
            if tree != kept:
                shutil.rmtree(tree, ignore_errors=True)

    def _link(self, path: Path, digest: Digest) -> bool:
        """Make a link to a blob; False when the name means other bytes already."""
        target = self._target(path, digest)
        try:
            path.symlink_to(target)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            return self._link(path, digest)
        except FileExistsError:
            return path.name == digest.hex or Path(path.readlink()).name == digest.hex
        return True

    def _target(self, path: Path, digest: Digest) -> str:
        """Relative, and made without asking the disk: a run may need a hundred thousand."""
        depth = len(path.parts) - len(self.root.parts) - 1
        return f"{'../' * depth}{self._to_blobs}/{blob_name(digest)}"

    def _means(self, archive: str, path: str, digest: Digest) -> bool:
        link = self.root / archive / path
        return link.is_symlink() and link.readlink().name == digest.hex


def release_names(files: Mapping[str, Digest]) -> dict[str, Digest]:
    """Every name in the tree of a Release: what is mirrored of it, and that by hash."""
    names = dict(files)
    for path, digest in files.items():
        directory, _, name = path.rpartition("/")
        if directory and "by-hash" not in name:
            names[f"{directory}/by-hash/SHA256/{digest.hex}"] = digest
    return names


def _identity(*parts: Mapping[str, Digest]) -> str:
    """A short name of a run's shape: another shape is another tree."""
    lines = [f"{key} {digest}" for part in parts for key, digest in part.items()]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:12]
