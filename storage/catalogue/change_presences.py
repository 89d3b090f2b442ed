# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing what an observation changes, in bounded transactions.

See `snapshot.presence.plan_changes` for what the four changes are, and
`storage.catalogue.intervals` for why writing them before the run is published is invisible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Executable, bindparam, delete, update

from snapshot.presence import Changes
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_rows
from storage.catalogue.records import RunDraft
from storage.catalogue.require_draft import require_draft
from storage.database import Database

#: Rows of one transaction: about a tenth of a second on a slow disk.
ROWS_AT_ONCE = 10_000

#: entry id, stream id, first, until: a row of `presences`.
PresenceRow = tuple[int, int, int, int]
#: entry digest, entry id, first, until: a row of a stream, as it is read with its entry.
Covering = tuple[bytes, int, int, int]

_KEY = (
    (t.presences.c.entry_id == bindparam("entry"))
    & (t.presences.c.stream_id == bindparam("stream"))
    & (t.presences.c.first_ts == bindparam("first"))
)
_END = update(t.presences).where(_KEY).values(until_ts=bindparam("stamp"))
_BEGIN = update(t.presences).where(_KEY).values(first_ts=bindparam("stamp"))
_REMOVE = delete(t.presences).where(_KEY)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a stream's history an observation stands.

    Attributes:
        stream_id: The stream.
        ts: The new observation's stamp.
        after: Stamp of the next published one; `OPEN` if there is none.
    """

    stream_id: int
    ts: int
    after: int


def apply_changes(
    database: Database,
    draft: RunDraft,
    place: Place,
    changes: Changes[bytes],
    *,
    ids: Mapping[bytes, int],
    before: Mapping[bytes, Covering],
) -> int:
    """Write the changes of one observation.

    Args:
        database: The catalogue.
        draft: The run it belongs to.
        place: Where it stands.
        changes: By entry digest.
        ids: Entry ids by digest.
        before: Rows that cover the observation before, by digest.

    Returns:
        Rows inserted or changed.

    Raises:
        Busy: The draft is no longer ours.
    """
    stream, ts, after = place.stream_id, place.ts, place.after
    opened = sorted((ids[digest], stream, ts, after) for digest in changes.opened)
    split, closed = (
        sorted(
            (entry, stream, first, until)
            for _, entry, first, until in map(before.__getitem__, digests)
        )
        for digests in (changes.split, changes.closed)
    )
    advanced = sorted((ids[digest], stream, after, after) for digest in changes.advanced)

    def split_rows(connection: Connection, rows: Sequence[PresenceRow]) -> None:
        # The row keeps its place in time; a second one takes over where it is seen again.
        _run(connection, _END, rows, ts)
        insert_rows(connection, t.presences, [(e, s, after, until) for e, s, _, until in rows])

    steps: list[tuple[list[PresenceRow], Callable[[Connection, Sequence[PresenceRow]], object]]] = [
        (opened, lambda connection, rows: insert_rows(connection, t.presences, rows)),
        (closed, lambda connection, rows: _run(connection, _END, rows, ts)),
        (advanced, lambda connection, rows: _run(connection, _BEGIN, rows, ts)),
        (split, split_rows),
    ]
    for rows, write in steps:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            with database.write() as connection:
                require_draft(connection, draft)
                write(connection, rows[start : start + ROWS_AT_ONCE])
    return len(opened) + len(closed) + len(advanced) + 2 * len(split)


def remove_rows(connection: Connection, rows: Sequence[PresenceRow]) -> None:
    """Delete rows that are exactly these."""
    _run(connection, _REMOVE, rows, 0)


def _run(
    connection: Connection, statement: Executable, rows: Sequence[PresenceRow], stamp: int
) -> None:
    if rows:
        connection.execute(
            statement,
            [
                {"entry": entry, "stream": stream, "first": first, "stamp": stamp}
                for entry, stream, first, _ in rows
            ],
        )
