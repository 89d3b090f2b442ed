# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of the catalogue: every answer is read in one transaction of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from snapshot.coordinates import Coordinates
from snapshot.dated_suites import CoverStep
from snapshot.digest import Digest
from snapshot.need import Need
from snapshot.presence import Interval
from snapshot.resolver import Candidate
from snapshot.timestamp import Timestamp
from storage.catalogue import (
    buildinfos,
    changed_files,
    directory_changes,
    environments,
    list_directory,
    list_packages,
    lookup_digests,
    lookup_files,
    lookup_packages,
    lookup_runs,
    observed_ranges,
    record_blobs,
    source_stanzas,
    validators,
)
from storage.catalogue.closures import Closures
from storage.catalogue.directory_changes import DirectoryChanges
from storage.catalogue.dump import dump
from storage.catalogue.history import History
from storage.catalogue.inventory import Inventory
from storage.catalogue.locate import locate
from storage.catalogue.made_files import MadeFiles
from storage.catalogue.needed import Needed
from storage.catalogue.records import (
    ArchiveRecord,
    BlobState,
    BuildInfoRecord,
    DirectoryEntry,
    EnvironmentRecord,
    FileLocation,
    IndexedArtifact,
    IndexedPackage,
    KnownBlob,
    PackageRecord,
    RunDraft,
    RunRecord,
    StoredFile,
    StoredRelease,
)
from storage.catalogue.removals import Removals
from storage.catalogue.stream_names import StreamNames
from storage.catalogue.validators import Validator
from storage.catalogue.write_catalogue import CatalogueWriter
from storage.database import Database


class Catalogue(CatalogueWriter):
    """What lived where and when: what is asked is here, what is told in `CatalogueWriter`.

    Args:
        database: Opened with `kind="catalogue"` and upgraded.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.closures = Closures(database)
        self.history = History(database)
        self.inventory = Inventory(database)
        self.made = MadeFiles(database)
        self.needed = Needed(database)
        self.removals = Removals(database)
        self._streams = StreamNames()

    # -- runs ------------------------------------------------------------------------

    def archives(self) -> tuple[ArchiveRecord, ...]:
        """Archives with at least one run, by name."""
        with self._database.read() as connection:
            return lookup_runs.archives(connection)

    def runs(
        self,
        archive: str,
        after: Timestamp | None = None,
        before: Timestamp | None = None,
        *,
        removed: bool = False,
        suite: str | None = None,
    ) -> tuple[RunRecord, ...]:
        """Runs of an archive, the oldest first; both bounds are inclusive."""
        with self._database.read() as connection:
            return lookup_runs.runs(
                connection, archive, after=after, before=before, removed=removed, suite=suite
            )

    def run_stamps(self, archive: str) -> tuple[Timestamp, ...]:
        """Only the stamps of the runs that are kept, the oldest first."""
        with self._database.read() as connection:
            return lookup_runs.run_stamps(connection, archive)

    def run_at(self, archive: str, at: Timestamp) -> RunRecord | None:
        """The run of a stamp or alias, else the last one before it; a removed one says so."""
        return lookup_runs.run_at(self._database, archive, at)

    def newest_run(self, archive: str) -> Timestamp | None:
        """The stamp of the newest run that is kept; None: there is no such archive."""
        return lookup_runs.newest_run(self._database, archive)

    def kept_around(self, archive: str, at: Timestamp) -> tuple[RunRecord | None, RunRecord | None]:
        """The last kept run at or before a moment, and the first one after it."""
        with self._database.read() as connection:
            return lookup_runs.kept_around(connection, archive, at)

    def kept_steps(self, steps: Iterable[CoverStep]) -> tuple[CoverStep, ...]:
        """The same of kept runs, where one has all of it: the address of a removed one is 410."""
        kept = []
        for step in steps:
            where = (step.archive, step.suite, step.at, step.until)
            at = lookup_runs.kept_from(self._database, *where)
            kept.append(step if at is None else replace(step, at=at))
        return tuple(kept)

    def releases_at(self, archive: str, stamp: Timestamp) -> tuple[StoredRelease, ...]:
        """Releases of the run of exactly a stamp, by suite."""
        with self._database.read() as connection:
            return lookup_runs.releases_at(connection, archive, stamp)

    def release_at(self, archive: str, stamp: Timestamp, suite: str) -> StoredRelease | None:
        """One suite's Release of the run of exactly a stamp; an alias of the suite will do."""
        with self._database.read() as connection:
            aliases = lookup_runs.suite_aliases(connection, archive, stamp)
            found = lookup_runs.releases_at(connection, archive, stamp)
        named = {release.suite: release for release in found}
        return named.get(suite) or named.get(aliases.get(suite, suite))

    def suite_aliases(self, archive: str, stamp: Timestamp) -> dict[str, str]:
        """Other names of suites at the run of exactly a stamp: alias to suite."""
        with self._database.read() as connection:
            return lookup_runs.suite_aliases(connection, archive, stamp)

    def streams_at(self, archive: str, stamp: Timestamp) -> tuple[Coordinates, ...]:
        """The streams that the run of exactly a stamp holds."""
        with self._database.read() as connection:
            return list_packages.streams_of(connection, archive, stamp)

    # -- files -----------------------------------------------------------------------

    def file_at(self, archive: str, stamp: Timestamp, path: str) -> StoredFile | None:
        """The file that the run of exactly a stamp has at a path (`lookup_files`)."""
        with self._database.read() as connection:
            return lookup_files.file_at(connection, archive, stamp, path)

    def reused_paths(self, archive: str, paths: Iterable[str]) -> set[str]:
        """Which of these names ever meant more than one content (`lookup_files`)."""
        with self._database.read() as connection:
            return lookup_files.reused_paths(connection, archive, paths)

    def list_directory(
        self, archive: str, stamp: Timestamp, path: str
    ) -> tuple[DirectoryEntry, ...] | None:
        """A directory of the run of exactly a stamp; None when there is none."""
        with self._database.read() as connection:
            return list_directory.list_directory(connection, archive, stamp, path)

    def directory_changes(self, archive: str, stamp: Timestamp, path: str) -> DirectoryChanges:
        """The runs around the listing of a directory (`directory_changes`)."""
        with self._database.read() as connection:
            return directory_changes.directory_changes(connection, archive, stamp, path)

    def blob_by_hash(self, digits: str) -> KnownBlob | None:
        """Some bytes by their SHA-256 (64 digits) or SHA-1 (40)."""
        return lookup_digests.blob_by_hash(self._database, digits)

    def blobs_in_state(self, state: BlobState) -> tuple[Digest, ...]:
        """Digests of all blobs in a state."""
        with self._database.read() as connection:
            return tuple(record_blobs.blobs_in_state(connection, state))

    def present(self, digests: Iterable[Digest]) -> set[Digest]:
        """Which of these are recorded as stored."""
        with self._database.read() as connection:
            return record_blobs.present(connection, digests)

    def changed_files(self, draft: RunDraft) -> tuple[StoredFile, ...]:
        """Files of the entries that begin with a draft, stored or not (`changed_files`).

        And those that were there already, but whose bytes went with removed runs.
        """
        with self._database.read() as connection:
            begun = tuple(changed_files.changed_files(connection, draft))
            lost = changed_files.removed_files(connection, draft)
            return tuple(dict.fromkeys((*begun, *lost)))

    # -- packages --------------------------------------------------------------------

    def locate(self, needs: Iterable[Need]) -> list[Candidate]:
        """Every place of every wanted package, by a few queries for thousands of needs."""
        with self._database.read() as connection:
            return locate(connection, needs, self._streams)

    def locations(self, digest: Digest) -> tuple[FileLocation, ...]:
        """Every place where these bytes were."""
        with self._database.read() as connection:
            return lookup_digests.locations(connection, digest)

    def indexed(self, digests: Iterable[Digest]) -> dict[Digest, IndexedArtifact]:
        """Which of these digests stand in a verified index, and where."""
        with self._database.read() as connection:
            return lookup_digests.indexed(connection, digests)

    def stanzas(self, digests: Iterable[Digest]) -> dict[Digest, bytes]:
        """The Packages stanza of each binary package file."""
        with self._database.read() as connection:
            return lookup_digests.stanzas(connection, digests)

    def source_stanzas(self, name: str, version: str) -> tuple[bytes, ...]:
        """The Sources stanzas of a version of a source package, the best first."""
        with self._database.read() as connection:
            return source_stanzas.source_stanzas(connection, name, version)

    def packages_in(
        self, archive: str, stamp: Timestamp, suite: str, component: str, architecture: str
    ) -> tuple[IndexedPackage, ...]:
        """Every package that one index of the run of exactly a stamp lists."""
        wanted = Coordinates(archive, suite, component, architecture)
        with self._database.read() as connection:
            return list_packages.packages_in(connection, wanted, stamp)

    def source_names(self) -> tuple[str, ...]:
        """Names of all source packages."""
        with self._database.read() as connection:
            return lookup_packages.source_names(connection)

    def source_versions(self, name: str) -> tuple[str, ...]:
        """Versions of a source package, the newest first."""
        with self._database.read() as connection:
            return lookup_packages.source_versions(connection, name)

    def source_files(self, name: str, version: str) -> tuple[FileLocation, ...]:
        """Files of a source package, wherever they were."""
        with self._database.read() as connection:
            return lookup_packages.source_files(connection, name, version)

    def binaries_of(self, name: str, version: str) -> tuple[PackageRecord, ...]:
        """Binary packages made from a version of a source."""
        with self._database.read() as connection:
            return lookup_packages.binaries_of(connection, name, version)

    def files_of_source(self, name: str, version: str) -> tuple[FileLocation, ...]:
        """Files of the binary packages made from a version of a source."""
        with self._database.read() as connection:
            return lookup_packages.files_of_source(connection, name, version)

    def binary_versions(self, name: str) -> tuple[PackageRecord, ...]:
        """All versions of a binary package, the newest first."""
        with self._database.read() as connection:
            return lookup_packages.binary_versions(connection, name)

    def binary_files(self, name: str, version: str) -> tuple[FileLocation, ...]:
        """Files of a version of a binary package, wherever they were."""
        with self._database.read() as connection:
            return lookup_packages.binary_files(connection, name, version)

    def observed_ranges(
        self, coordinates: Coordinates, intervals: Iterable[Interval]
    ) -> tuple[tuple[Timestamp, Timestamp], ...]:
        """(first, last) stamps at which a stream held something, of its intervals."""
        with self._database.read() as connection:
            return observed_ranges.observed_ranges(connection, coordinates, intervals)

    # -- records and environments ----------------------------------------------------

    def buildinfos(self, source: str, version: str | None = None) -> tuple[BuildInfoRecord, ...]:
        """Build records of a source package."""
        with self._database.read() as connection:
            return buildinfos.buildinfos(connection, source, version)

    def buildinfo_origins(self, below: str) -> set[str]:
        """The origins of build records that begin with an address."""
        with self._database.read() as connection:
            return buildinfos.origins(connection, below)

    def buildinfo(self, digest: Digest) -> BuildInfoRecord | None:
        """The build record with these bytes."""
        with self._database.read() as connection:
            return buildinfos.buildinfo(connection, digest)

    def buildinfos_that_built(self, artifact: Digest) -> tuple[BuildInfoRecord, ...]:
        """The build records that say they built a file."""
        with self._database.read() as connection:
            return buildinfos.that_built(connection, artifact)

    def built_by(self, record: Digest) -> tuple[Digest, ...]:
        """The files that a build record says it built."""
        with self._database.read() as connection:
            return buildinfos.built_by(connection, record)

    def environment(self, identity: Digest) -> EnvironmentRecord | None:
        """What is known about an environment; its text is the blob of that digest."""
        with self._database.read() as connection:
            return environments.environment_record(connection, identity)

    def evictable_environments(
        self, *, keep: int, newest: Digest | None = None
    ) -> tuple[Digest, ...]:
        """Unpinned environments beyond the last used ones, the longest unused first."""
        with self._database.read() as connection:
            return environments.evictable(connection, keep=keep, newest=newest)

    def validator(self, url: str) -> Validator | None:
        """What an upstream called the last document accepted from a URL."""
        with self._database.read() as connection:
            return validators.validator(connection, url)

    def dump(self) -> Iterator[str]:
        """The content as lines without ids, for comparison."""
        with self._database.read() as connection:
            yield from dump(connection)
