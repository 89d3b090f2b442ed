# SPDX-License-Identifier: GPL-3.0-or-later
"""The writing half of the catalogue's door: each call is a transaction, or a few short ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.environment import Environment
from snapshot.timestamp import Timestamp
from storage.blobs import Blob
from storage.catalogue import (
    buildinfos,
    discard_run,
    environments,
    import_index,
    publish_run,
    record_blobs,
    remove_runs,
    stage_run,
    validators,
)
from storage.catalogue.records import (
    BlobState,
    BuildInfoRecord,
    EnvironmentRecord,
    ImportCounts,
    ReleaseRecord,
    RunDraft,
    Trust,
)
from storage.catalogue.validators import Validator
from storage.database import Database
from storage.retry_conflict import again_on_conflict


class CatalogueWriter:
    """What a catalogue is told.

    Args:
        database: Opened with `kind="catalogue"` and upgraded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin_run(
        self,
        archive: str,
        timestamp: Timestamp,
        *,
        trust: Trust,
        origin: str,
        aliases: Iterable[Timestamp] = (),
        scope: str | None = None,
    ) -> RunDraft:
        """Begin a run that nobody sees until it is published (`stage_run`)."""
        return stage_run.begin_run(
            self._database,
            archive,
            timestamp,
            trust=trust,
            origin=origin,
            aliases=aliases,
            scope=scope,
        )

    def stage_release(self, draft: RunDraft, release: ReleaseRecord) -> None:
        """Put a suite's Release into a draft; before its indices."""
        stage_run.stage_release(self._database, draft, release)

    def stage_index(
        self, draft: RunDraft, coordinates: Coordinates, index: Digest, chunks: Iterable[bytes]
    ) -> ImportCounts:
        """Import one plain index into a draft (`import_index`)."""
        return import_index.stage_index(self._database, draft, coordinates, index, chunks)

    def publish(self, draft: RunDraft, *, seen: Timestamp | None = None) -> None:
        """Make a draft visible in one short transaction."""
        publish_run.publish(self._database, draft, seen=seen)

    def abandon(self, draft: RunDraft) -> None:
        """Give a draft up and take back what it wrote."""
        discard_run.abandon(self._database, draft)

    def observed_again(self, archive: str, releases: Mapping[str, Digest], at: Timestamp) -> None:
        """Record that the newest run's Releases were still there: no new run, one row a suite."""
        publish_run.observed_again(self._database, archive, releases, at)

    def remove_runs(self, archive: str, stamps: Iterable[Timestamp], *, now: Timestamp) -> None:
        """Give up the bytes of runs; what they observed stays (`remove_runs`)."""
        remove_runs.remove_runs(self._database, archive, stamps, now=now)

    def remember_validators(self, remembered: Collection[Validator]) -> None:
        """Remember what upstreams call documents that were accepted from them."""
        validators.remember_validators(self._database, remembered)

    def record_blob(self, blob: Blob) -> None:
        """Record that the blob store holds some bytes."""
        self.record_blobs([blob])

    def record_blobs(self, blobs: Iterable[Blob]) -> None:
        """Record that the blob store holds these bytes."""
        record_blobs.record_blobs(self._database, blobs)

    def set_blob_state(self, digests: Iterable[Digest], state: BlobState) -> None:
        """Record what became of bytes that are known."""
        record_blobs.set_blob_state(self._database, digests, state)

    def add_buildinfo(self, record: BuildInfoRecord, built: Collection[Digest] = ()) -> bool:
        """Remember a build record and the files it built; False when its bytes were known."""

        def work() -> bool:
            with self._database.write() as connection:
                return buildinfos.add_buildinfo(connection, record, built)

        return again_on_conflict(work)

    def add_environment(
        self, environment: Environment, *, now: Timestamp, holder: str | None = None
    ) -> EnvironmentRecord:
        """Remember an environment whose text is stored; a holder pins it."""

        def work() -> EnvironmentRecord:
            with self._database.write() as connection:
                return environments.add_environment(connection, environment, holder=holder, now=now)

        return again_on_conflict(work)

    def use_environment(self, identity: Digest, now: Timestamp) -> bool:
        """Note that an environment was used; False when it is unknown."""
        with self._database.write() as connection:
            return environments.use_environment(connection, identity, now)

    def pin(self, digest: Digest, holder: str, now: Timestamp) -> None:
        """Keep an environment for somebody."""

        def work() -> None:
            with self._database.write() as connection:
                environments.pin(connection, digest, holder, now)

        again_on_conflict(work)

    def unpin(self, holder: str, digest: Digest | None = None) -> int:
        """Release everything that somebody kept, or one thing of it."""
        with self._database.write() as connection:
            return environments.unpin(connection, holder, digest)

    def remove_environment(self, identity: Digest) -> bool:
        """Forget an environment that nobody pins."""
        with self._database.write() as connection:
            return environments.remove_environment(connection, identity)
