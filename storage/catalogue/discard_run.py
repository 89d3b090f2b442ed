# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking back what an unfinished run wrote, so that nothing of it can be told.

Every batch leaves each entry either as the unfinished run made it or as it was before, and the
draft stays until all are done: a program that dies in here is continued by the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, delete, or_, select

from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_rows
from storage.catalogue.change_presences import remove_rows
from storage.catalogue.intervals import Row, hidden
from storage.catalogue.observed import STAGING, Unpublished, observation_after
from storage.catalogue.records import RunDraft
from storage.catalogue.tables import OPEN
from storage.database import Database

#: Entries of one transaction.
ENTRIES_AT_ONCE = 5000


def discard_unfinished(database: Database, archive: str) -> None:
    """Discard the draft of an archive, if there is one."""
    query = (
        select(t.runs.c.id)
        .join(t.archives, t.archives.c.id == t.runs.c.archive_id)
        .where(t.archives.c.name == archive, t.runs.c.state == STAGING)
    )
    with database.read() as connection:
        drafts = connection.execute(query).scalars().all()
    for run_id in drafts:
        _discard(database, run_id)


def abandon(database: Database, draft: RunDraft) -> None:
    """Give a draft up; nothing happens when it is gone or published already."""
    query = select(t.runs.c.id).where(t.runs.c.id == draft.id, t.runs.c.state == STAGING)
    with database.read() as connection:
        still = connection.execute(query).scalar_one_or_none()
    if still is not None:
        _discard(database, draft.id)


def _discard(database: Database, run_id: int) -> None:
    o = t.observations.c
    with database.read() as connection:
        streams = connection.execute(select(o.stream_id, o.ts).where(o.run_id == run_id)).all()
    for stream_id, ts in streams:
        _restore(database, stream_id, ts)
    with database.write() as connection:
        for table in (t.observations, t.suite_aliases, t.run_releases, t.run_aliases):
            connection.execute(delete(table).where(table.c.run_id == run_id))
        connection.execute(delete(t.runs).where(t.runs.c.id == run_id, t.runs.c.state == STAGING))


def _restore(database: Database, stream_id: int, ts: int) -> None:
    with database.read() as connection:
        later = observation_after(connection, stream_id, ts)
        observation = Unpublished(ts, later.ts if later else OPEN)
        touched = _touched(connection, stream_id, observation)
    for part in _parts(sorted(touched.items())):
        old = [(entry, stream_id, *row) for entry, rows in part for row in rows]
        new = [
            (entry, stream_id, *row) for entry, rows in part for row in hidden(rows, observation)
        ]
        with database.write() as connection:
            remove_rows(connection, sorted(set(old) - set(new)))
            insert_rows(connection, t.presences, sorted(set(new) - set(old)))


def _touched(
    connection: Connection, stream_id: int, observation: Unpublished
) -> dict[int, list[Row]]:
    """Rows of each entry that have an end at the unpublished stamp or begin at the next one."""
    p = t.presences.c
    query = select(p.entry_id, p.first_ts, p.until_ts).where(
        p.stream_id == stream_id,
        or_(p.first_ts.in_((observation.ts, observation.after)), p.until_ts == observation.ts),
    )
    found: dict[int, list[Row]] = defaultdict(list)
    for entry_id, first, until in connection.execute(query):
        found[entry_id].append((first, until))
    return {
        entry_id: rows
        for entry_id, rows in found.items()
        if any(observation.ts in row for row in rows)
    }


def _parts(
    items: list[tuple[int, list[Row]]],
) -> Iterator[list[tuple[int, list[Row]]]]:
    for start in range(0, len(items), ENTRIES_AT_ONCE):
        yield items[start : start + ENTRIES_AT_ONCE]
