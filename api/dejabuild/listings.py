# SPDX-License-Identifier: GPL-3.0-or-later
"""What the catalogue lists, in the shape from which targets are chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestrator.select_targets import ListedFile
from snapshot.errors import NotFound
from snapshot.timestamp import Timestamp
from storage.catalogue.records import FileLocation, PackageRecord, RunRecord, StoredFile

if TYPE_CHECKING:
    from storage.catalogue import Catalogue


def run_of(catalogue: Catalogue, archive: str, stamp: str | None) -> RunRecord:
    """A published run.

    Args:
        catalogue: Where to look.
        archive: Its archive.
        stamp: Of the run, or of a moment at which it was current; None: the newest.

    Raises:
        NotFound: No such archive, or nothing was published that early.
        InvalidInput: Not a stamp.
    """
    known = {one.name: one for one in catalogue.archives()}
    if archive not in known:
        names = ", ".join(known) or "none"
        raise NotFound(f"no run of {archive!r} was mirrored", advice=f"archives here: {names}")
    at = known[archive].last if stamp is None else Timestamp.parse(stamp)
    run = catalogue.run_at(archive, at)
    if run is None:
        raise NotFound(
            f"no run of {archive!r} at {at}",
            advice=f"the oldest one is {known[archive].first}",
        )
    return run


class RunListing:
    """Whole indices of a run, for campaigns."""

    def __init__(self, catalogue: Catalogue, run: RunRecord) -> None:
        self._catalogue = catalogue
        self._verified = run.trust != "none"

    def packages_in(
        self, archive: str, stamp: Timestamp, suite: str, component: str, architecture: str
    ) -> Iterable[ListedFile]:
        """Every file that one index lists, or for `all` every index that lists such files."""
        streams = {
            stream.architecture
            for stream in self._catalogue.streams_at(archive, stamp)
            if (stream.suite, stream.component) == (suite, component)
        }
        # `Architecture: all` has no index of its own where every architecture's lists it.
        spread = architecture == "all" and "all" not in streams
        wanted = sorted(streams - {"source"}) if spread else [architecture]
        for stream in wanted:
            packages = self._catalogue.packages_in(archive, stamp, suite, component, stream)
            for package in packages:
                if spread and package.package.architecture != "all":
                    continue
                for file in package.files:
                    yield listed(package.package, file, verified=self._verified)


class SourceListing:
    """One version of one source: two lookups by name instead of whole indices."""

    def __init__(self, catalogue: Catalogue, run: RunRecord, source: str, version: str) -> None:
        self._verified = run.trust != "none"
        self._files = (
            *catalogue.source_files(source, version),
            *catalogue.files_of_source(source, version),
        )

    def packages_in(
        self, archive: str, stamp: Timestamp, suite: str, component: str, architecture: str
    ) -> Iterable[ListedFile]:
        """The files of this source that one index lists."""
        wanted = (archive, suite, component)
        for found in self._present(stamp):
            place = found.coordinates
            # `Architecture: all` has no index of its own where every architecture's lists it.
            fits = architecture in (place.architecture, found.package.architecture)
            if fits and (place.archive, place.suite, place.component) == wanted:
                yield listed(found.package, found.file, verified=self._verified)

    def components(self, archive: str, stamp: Timestamp, suite: str) -> tuple[str, ...]:
        """Components of a suite that list the source itself."""
        return tuple(
            sorted(
                {
                    found.coordinates.component
                    for found in self._present(stamp)
                    if found.coordinates.architecture == "source"
                    and (found.coordinates.archive, found.coordinates.suite) == (archive, suite)
                }
            )
        )

    def architectures(self) -> tuple[str, ...]:
        """Architectures of its binary packages."""
        words = {found.package.architecture for found in self._files} - {"source"}
        return tuple(sorted(words))

    def _present(self, stamp: Timestamp) -> Iterable[FileLocation]:
        for found in self._files:
            if any(stamp in interval for interval in found.intervals):
                yield found


def listed(package: PackageRecord, file: StoredFile, *, verified: bool) -> ListedFile:
    """One file in the shape that targets are chosen from."""
    return ListedFile(
        digest=file.digest,
        size=file.size,
        path=file.path,
        name=package.name,
        version=package.version,
        architecture=package.architecture,
        source=package.source,
        source_version=package.source_version,
        verified=verified,
    )
