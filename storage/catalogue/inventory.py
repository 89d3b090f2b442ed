# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking stock: what the catalogue says should be in the blob store, and where each thing is.

`Catalogue.inventory` is the door. Only published runs that were not removed are told of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.lookup_runs import run_id_at
from storage.catalogue.observed import PUBLISHED, streams_at
from storage.catalogue.read_locations import stored_file
from storage.catalogue.records import StoredFile
from storage.catalogue.statistics import ArchiveStatistics, archive_statistics
from storage.database import Database


@dataclass(frozen=True, slots=True)
class ReleaseMember:
    """A file of a suite's Release in a run, the Release itself included.

    Attributes:
        archive: Archive.
        stamp: Of the run.
        suite: Directory below `dists/`.
        path: Relative to that directory.
        digest: SHA-256 of its bytes.
        size: Bytes.
    """

    archive: str
    stamp: Timestamp
    suite: str
    path: str
    digest: Digest
    size: int


class Inventory:
    """What a catalogue refers to.

    Args:
        database: Opened with `kind="catalogue"` and upgraded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def release_members(self, digest: Digest) -> tuple[ReleaseMember, ...]:
        """Every place below `dists/` where these bytes are; the oldest first."""
        query = _members().where(t.release_files.c.digest == digest.raw)
        with self._database.read() as connection:
            return _read(connection, query.order_by(t.runs.c.ts, t.archives.c.name))

    def members_of_run(self, archive: str, stamp: Timestamp) -> tuple[ReleaseMember, ...]:
        """Everything below `dists/` of the run of exactly a stamp, by suite and path."""
        query = _members().where(t.archives.c.name == archive, t.runs.c.ts == stamp.epoch)
        with self._database.read() as connection:
            ordered = query.order_by(t.run_releases.c.suite, t.release_files.c.path)
            return _read(connection, ordered)

    def index_digests(self, archive: str, stamp: Timestamp) -> dict[Coordinates, Digest]:
        """The plain index that each stream of the run of exactly a stamp was read from."""
        o, s = t.observations.c, t.streams.c
        found: dict[Coordinates, Digest] = {}
        with self._database.read() as connection:
            run_id = run_id_at(connection, archive, stamp)
            observed = {} if run_id is None else streams_at(connection, run_id)
            for stream_id, ts in observed.items():
                query = (
                    select(s.suite, s.component, s.architecture, o.index_digest)
                    .join(t.observations, o.stream_id == s.id)
                    .where(s.id == stream_id, o.ts == ts)
                )
                *stream, raw = connection.execute(query).one()
                found[Coordinates(archive, *stream)] = Digest.from_raw(bytes(raw))
        return found

    def files_of(self, archive: str) -> Iterator[StoredFile]:
        """Every package file that an index of the archive ever named, stored or not; by path."""
        f, b, ef, pr, s = (
            t.files.c, t.blobs.c, t.entry_files.c, t.presences.c, t.streams.c,
        )  # fmt: skip
        mine = (
            select(ef.file_id)
            .join(t.presences, pr.entry_id == ef.entry_id)
            .join(t.streams, s.id == pr.stream_id)
            .join(t.archives, t.archives.c.id == s.archive_id)
            .where(t.archives.c.name == archive)
        )
        query = (
            select(f.path, b.sha256, b.sha1, b.size, b.state)
            .select_from(t.files)
            .join(t.blobs, b.id == f.blob_id)
            .where(f.id.in_(mine))
            .order_by(f.path, b.sha256)
        )
        with self._database.read() as connection:
            rows = connection.execution_options(yield_per=10_000).execute(query)
            for path, sha256, sha1, size, state in rows:
                yield stored_file(path, sha256, sha1, size, state)

    def statistics(self) -> list[ArchiveStatistics]:
        """What each archive refers to, and what of it is stored (`statistics`)."""
        with self._database.read() as connection:
            return archive_statistics(connection)


def _members() -> Select[Any]:
    rf, rr = t.release_files.c, t.run_releases.c
    return (
        select(t.archives.c.name, t.runs.c.ts, rr.suite, rf.path, rf.digest, rf.size)
        .select_from(t.release_files)
        .join(t.run_releases, rr.release_id == rf.release_id)
        .join(t.runs, t.runs.c.id == rr.run_id)
        .join(t.archives, t.archives.c.id == t.runs.c.archive_id)
        .where(t.runs.c.state == PUBLISHED, t.runs.c.removed.is_(None))
    )


def _read(connection: Connection, query: Select[Any]) -> tuple[ReleaseMember, ...]:
    return tuple(
        ReleaseMember(archive, Timestamp(ts), suite, path, Digest.from_raw(bytes(raw)), size)
        for archive, ts, suite, path, raw, size in connection.execute(query)
    )
