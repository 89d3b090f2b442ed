# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking stock: what the catalogue says should be in the blob store, and where each thing is.

`Catalogue.inventory` is the door. Only published runs that were not removed are told of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.observed import PUBLISHED
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
