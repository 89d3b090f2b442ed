# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing an index by what differs from its neighbours in time.

The index is cut into stanzas and hashed; what it held before and after is read from the
catalogue, never from old bodies. Only stanzas that no index had before are parsed, and only
presences that change are written.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, VerificationError
from snapshot.presence import plan_changes
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_one
from storage.catalogue.change_presences import Covering, Place, apply_changes
from storage.catalogue.observed import (
    Observation,
    observation_after,
    observation_at,
    observation_before,
    run_that_relies_on,
)
from storage.catalogue.pause_collector import collector_paused
from storage.catalogue.read_index import read_index
from storage.catalogue.records import ImportCounts, RunDraft
from storage.catalogue.require_draft import require_draft
from storage.catalogue.tables import OPEN
from storage.database import Database


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """What a stream held around a stamp.

    Attributes:
        before: Rows that cover the earlier observation, by entry digest; None: there is none.
        after: Entry digests of the later one; None: there is none.
        ids: Entry ids of everything at either, by digest.
    """

    before: dict[bytes, Covering] | None
    after: set[bytes] | None
    ids: dict[bytes, int]


@collector_paused()
def stage_index(
    database: Database,
    draft: RunDraft,
    coordinates: Coordinates,
    index: Digest,
    chunks: Iterable[bytes],
) -> ImportCounts:
    """Import one index into a draft, at any place in time.

    Args:
        database: The catalogue.
        draft: The run; it must hold the suite's Release already.
        coordinates: The stream.
        index: SHA-256 of the plain index.
        chunks: The plain index in pieces. Not read when the index is the one before.

    Returns:
        What it cost and changed.

    Raises:
        InvalidInput: A stanza that cannot be read, or a suite without a Release in the draft.
        VerificationError: The bytes are not those of the digest, or a published run of that
            stamp holds another index there.
        Busy: The draft is no longer ours.
    """
    with database.write() as connection:
        require_draft(connection, draft)
        release_id = _release_of(connection, draft, coordinates.suite)
        stream_id = _stream_id(connection, draft, coordinates)
        before = observation_before(connection, stream_id, draft.timestamp.epoch)
        if before and (before.release_id, before.index_digest) == (release_id, index.raw):
            return ImportCounts()
        if _is_published(connection, draft, coordinates, stream_id, index):
            return ImportCounts()
        if before is not None:
            _pin(connection, stream_id, before, draft)
        later = observation_after(connection, stream_id, draft.timestamp.epoch)
        _observe(connection, stream_id, draft, index)
    if before and before.index_digest == index.raw:
        return ImportCounts(written=1)
    place = Place(stream_id, draft.timestamp.epoch, later.ts if later else OPEN)
    with database.read() as connection:
        around = _neighbours(connection, place, before)
    content = read_index(database, coordinates, index, chunks, around.ids)
    past = around.before or {}
    changes = plan_changes(
        content.ids.keys(),
        None if around.before is None else around.before.keys(),
        around.after,
    )
    written = apply_changes(database, draft, place, changes, ids=content.ids, before=past)
    return ImportCounts(
        stanzas=len(content.ids),
        parsed=content.parsed,
        opened=len(changes.opened) + len(changes.advanced),
        closed=len(changes.closed) + len(changes.split),
        unchanged=len(content.ids.keys() & past.keys()),
        written=content.written + written + 1,
        unnamed=content.unnamed,
    )


def _release_of(connection: Connection, draft: RunDraft, suite: str) -> int:
    c = t.run_releases.c
    query = select(c.release_id).where(c.run_id == draft.id, c.suite == suite)
    found: int | None = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise InvalidInput(f"an index of {suite}, but the run holds no Release of that suite")
    return found


def _stream_id(connection: Connection, draft: RunDraft, coordinates: Coordinates) -> int:
    if coordinates.archive != draft.archive:
        raise InvalidInput(f"an index of {coordinates.archive} in a run of {draft.archive}")
    values = {
        "archive_id": draft.archive_id,
        "suite": coordinates.suite,
        "component": coordinates.component,
        "architecture": coordinates.architecture,
    }
    query = select(t.streams.c.id).filter_by(**values)
    found: int | None = connection.execute(query).scalar_one_or_none()
    if found is None:
        found = insert_one(connection, t.streams, **values)
    return found


def _is_published(
    connection: Connection,
    draft: RunDraft,
    coordinates: Coordinates,
    stream_id: int,
    index: Digest,
) -> bool:
    """Whether the published run of this stamp has it already."""
    here = observation_at(connection, stream_id, draft.timestamp.epoch)
    if here and here.index_digest != index.raw:
        raise VerificationError(
            f"{coordinates}: the run {draft.timestamp} is published with another index",
            advice="a published run never changes; two upstreams disagree about this stamp",
        )
    return here is not None


def _pin(connection: Connection, stream_id: int, before: Observation, draft: RunDraft) -> None:
    """Write down an observation that stood in for later runs, before another one comes between."""
    relying = run_that_relies_on(connection, stream_id, before, until=draft.timestamp.epoch)
    if relying is not None:
        run_id, ts = relying
        connection.execute(
            insert(t.observations).values(
                stream_id=stream_id, ts=ts, run_id=run_id, index_digest=before.index_digest
            )
        )


def _observe(connection: Connection, stream_id: int, draft: RunDraft, index: Digest) -> None:
    """Say what is about to be written, so that it can be hidden and taken back.

    Raises:
        InvalidInput: The draft holds an index of this stream already.
    """
    c = t.observations.c
    twice = select(c.run_id).where(c.stream_id == stream_id, c.run_id == draft.id)
    if connection.execute(twice).first() is not None:
        raise InvalidInput(f"the run {draft.timestamp} of {draft.archive}: one index given twice")
    connection.execute(
        insert(t.observations).values(
            stream_id=stream_id,
            ts=draft.timestamp.epoch,
            run_id=draft.id,
            index_digest=index.raw,
        )
    )


def _neighbours(connection: Connection, place: Place, before: Observation | None) -> _Neighbours:
    p, e = t.presences.c, t.entries.c
    past = before.ts if before else None
    horizon = past if past is not None else place.ts
    query = (
        select(e.digest, p.entry_id, p.first_ts, p.until_ts)
        .join(t.entries, e.id == p.entry_id)
        .where(p.stream_id == place.stream_id, p.until_ts > horizon)
        .where(p.first_ts <= (place.after if place.after != OPEN else place.ts))
    )
    # The driver's own rows: making each one SQLAlchemy's costs as much as all the rest.
    with closing(connection.execute(query)) as result:
        cursor: Any = result.cursor
        rows: list[Covering] = cursor.fetchall()
    return _Neighbours(
        {row[0]: row for row in rows if row[2] <= past} if past is not None else None,
        {row[0] for row in rows if row[2] <= place.after < row[3]} if place.after != OPEN else None,
        {row[0]: row[1] for row in rows},
    )
