# SPDX-License-Identifier: GPL-3.0-or-later
"""Giving up the bytes of runs. What they observed, and where things lived, stays for ever."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, select, update

from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.observed import PUBLISHED
from storage.database import Database


def remove_runs(
    database: Database, archive: str, stamps: Iterable[Timestamp], *, now: Timestamp
) -> None:
    """Mark runs as removed, all or none. One that is removed already keeps its date.

    Args:
        database: The catalogue.
        archive: Whose runs.
        stamps: Of published runs, exactly.
        now: When.

    Raises:
        InvalidInput: Not a run of the archive, or its newest, which stands for "now".
    """
    with database.write() as connection:
        mark_removed(connection, archive, stamps, now=now)


def mark_removed(
    connection: Connection, archive: str, stamps: Iterable[Timestamp], *, now: Timestamp
) -> None:
    """The same in a transaction that does more."""
    r = t.runs.c
    query = select(t.archives.c.id).where(t.archives.c.name == archive)
    archive_id = connection.execute(query).scalar_one_or_none()
    mine = (r.archive_id == archive_id, r.state == PUBLISHED)
    newest = connection.execute(select(func.max(r.ts)).where(*mine)).scalar_one()
    for ts in sorted({stamp.epoch for stamp in stamps}):
        if ts == newest:
            raise InvalidInput(
                f"the run {Timestamp(ts)} of {archive} is its newest and cannot be removed"
            )
        there = connection.execute(select(r.id).where(*mine, r.ts == ts)).scalar_one_or_none()
        if there is None:
            raise InvalidInput(f"no run {Timestamp(ts)} of {archive}")
        connection.execute(
            update(t.runs).where(r.id == there, r.removed.is_(None)).values(removed=now.epoch)
        )
