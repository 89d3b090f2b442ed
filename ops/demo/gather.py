# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes real packages from this machine's own archives, with apt, verified all the way.

apt checks the signatures of the Releases it fetches; every index is held against its Release
here once more, and every file against its index.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ops.demo.choose import Choice, Chooser, closure_of
from ops.demo.private_apt import PrivateApt, check_chain
from ops.demo.real_indices import RealIndices, Source, package_of
from ops.demo.worlds import Worlds
from snapshot.errors import ConfigurationError, NotFound
from snapshot.release import Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ops.demo.cache import DemoCache
    from ops.demo.machine_sources import MachineSource
    from ops.demo.private_apt import IndexFile, Package
    from snapshot.packages import BinaryStanza
    from snapshot.timestamp import Timestamp

_MERGED = "usr-is-merged"


@dataclass(frozen=True, slots=True)
class RealArchive:
    """Debian, as this machine's apt knows it today.

    Attributes:
        old: Indices of the main suite alone.
        new: Indices of all suites.
        worlds: apt's answers in both states.
        old_date: Of the main suite's Release.
        new_date: The newest of all Releases.
        key: Changes whenever any of the Releases does.
    """

    old: RealIndices
    new: RealIndices
    worlds: Worlds
    old_date: Timestamp
    new_date: Timestamp
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was taken.

    Attributes:
        choices: Sources to rebuild, with what Debian publishes of them.
        sensitive: The version-sensitive one, if there is one.
        packages: Everything the archive will hold, by what apt calls it.
        notes: What had to be replaced.
    """

    choices: tuple[Choice, ...]
    sensitive: Choice | None
    packages: dict[Package, BinaryStanza]
    notes: tuple[str, ...]


def apt_indices(
    sources: Iterable[MachineSource], codename: str, root: Path
) -> tuple[PrivateApt, PrivateApt, tuple[IndexFile, ...]]:
    """Update a private apt and keep what Debian itself signed for this release.

    Returns:
        apt with the main suite alone, apt with all suites, and the indices of the latter.

    Raises:
        ConfigurationError: The main suite is not among the machine's sources.
    """
    sources = tuple(sources)
    everything = PrivateApt(root, "all", sources)
    everything.update()
    debian = [
        index
        for index in everything.indices()
        if index.origin == "Debian" and index.codename.split("-")[0] == codename
    ]
    for index in debian:
        check_chain(index)
    main = {index.uri for index in debian if index.codename == codename}
    base = [s for s in sources if s.uri.rstrip("/") in {uri.rstrip("/") for uri in main}]
    base = [s for s in base if not s.suite.endswith(("-updates", "-security"))]
    if not base:
        raise ConfigurationError(
            f"none of this machine's apt sources is Debian {codename} main",
            advice="the demo takes its packages from Debian's own archive",
        )
    known = {index.uri.rstrip("/") for index in debian}
    ours = [source for source in sources if source.uri.rstrip("/") in known]
    return PrivateApt(root, "old", base), PrivateApt(root, "new", ours), tuple(debian)


def real_archive(
    old: PrivateApt, new: PrivateApt, indices: tuple[IndexFile, ...], codename: str
) -> RealArchive:
    """Read the indices of both states."""
    main = [index for index in indices if index.codename == codename]
    dates = {index.release: _date(index.release) for index in indices}
    known = _read(indices)
    merged = [_MERGED] if known.has_name(_MERGED) else []
    return RealArchive(
        old=_read(main),
        new=known,
        worlds=Worlds(old, new, merged),
        old_date=dates[main[0].release],
        new_date=max(dates.values()),
        key=archive_key(indices),
    )


def archive_key(indices: tuple[IndexFile, ...]) -> tuple[str, ...]:
    """What a result made from these indices depends on."""
    return tuple(sorted(str(check_chain(index)) for index in indices))


class Gatherer:
    """Chooses and downloads.

    Args:
        archive: What there is.
        cache: Keeps every file by digest.
        say: Takes lines for the reader.
    """

    def __init__(self, archive: RealArchive, cache: DemoCache, say: Callable[[str], None]) -> None:
        self._archive = archive
        self._cache = cache
        self._notes: list[str] = []
        self._tell = say

    def gather(self) -> Gathered:
        """Choose by rule, download, and replace what the archive cannot give.

        Raises:
            NotFound: Not even the chroot's own packages can be had.
        """
        chooser = Chooser(self._archive.new, self._archive.worlds, self._have_source, self._say)
        choices = chooser.published()
        sensitive = chooser.version_sensitive()
        wanted = closure_of((*choices, *([sensitive] if sensitive else [])), self._archive.worlds)
        packages = {package: self._archive.new.binary(package) for package in wanted}
        for choice in choices:
            packages |= {package_of(binary): binary for binary in choice.published}
        missing = self._download(packages)
        lost = missing & self._archive.worlds.base()
        if lost:
            raise NotFound(
                f"the archive lists but does not have {', '.join(p.name for p in sorted(lost))}",
                advice="try again when the mirror is complete",
            )
        for package in sorted(missing):
            self._say(f"{package.name} {package.version}: listed, but the archive does not have it")
            del packages[package]
        complete = tuple(choice for choice in choices if not self._lacks(choice, missing))
        if sensitive and self._lacks(sensitive, missing):
            sensitive = None
        return Gathered(complete, sensitive, packages, tuple(self._notes))

    def _lacks(self, choice: Choice, missing: frozenset[Package]) -> bool:
        published = {package_of(binary) for binary in choice.published}
        lacking = bool(missing & (self._archive.worlds.everything(choice.source.name) | published))
        if lacking:
            self._say(f"{choice.source.name}: left out, its packages are incomplete")
        return lacking

    def _say(self, line: str) -> None:
        self._notes.append(line)
        self._tell(line)

    def _have_source(self, source: Source) -> bool:
        files = source.parsed.files
        if any(self._cache.file(str(file.checksums.sha256)) is None for file in files):
            with tempfile.TemporaryDirectory(dir=self._cache.root, prefix=".") as folder:
                apt = self._archive.worlds.new
                if apt.download_source(source.name, source.version, Path(folder)):
                    for file in files:
                        self._cache.keep(Path(folder) / file.name)
        return all(self._cache.file(str(file.checksums.sha256)) for file in files)

    def _download(self, packages: dict[Package, BinaryStanza]) -> frozenset[Package]:
        absent = frozenset(package for package in packages if not self._held(packages[package]))
        with tempfile.TemporaryDirectory(dir=self._cache.root, prefix=".") as folder:
            self._archive.worlds.new.download(absent, Path(folder))
            for file in Path(folder).glob("*.deb"):
                self._cache.keep(file)
        return frozenset(package for package in absent if not self._held(packages[package]))

    def _held(self, binary: BinaryStanza) -> bool:
        return self._cache.file(str(binary.checksums.sha256)) is not None


def _read(indices: Iterable[IndexFile]) -> RealIndices:
    indices = tuple(indices)
    return RealIndices(
        [index.path for index in indices if index.kind == "Packages"],
        [index.path for index in indices if index.kind == "Sources"],
    )


def _date(release: Path) -> Timestamp:
    return Release.parse(release.read_bytes(), name=release.name).date
