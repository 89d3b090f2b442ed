# SPDX-License-Identifier: GPL-3.0-or-later
"""What was observed when: the neighbours of a stamp, and what an unpublished run hides.

A stream is *observed* at the runs that hold its suite. A run whose Release is the one of an
earlier run writes no observation: the earlier one stands for it, so that an unchanged suite
costs one row. Only published runs count.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, select

from storage.catalogue import tables as t
from storage.catalogue.bulk_load import select_rows
from storage.catalogue.tables import OPEN

PUBLISHED, STAGING = "published", "staging"


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation of a stream in a published run.

    Attributes:
        ts: Its stamp.
        run_id: The run.
        index_digest: Raw digest of the index.
        release_id: The Release that named the index.
    """

    ts: int
    run_id: int
    index_digest: bytes
    release_id: int


@dataclass(frozen=True, slots=True)
class Unpublished:
    """An observation that nobody may see yet, of one stream.

    Attributes:
        ts: Its stamp.
        after: Stamp of the first later published observation; `OPEN` if there is none.
    """

    ts: int
    after: int


def observation_before(connection: Connection, stream_id: int, ts: int) -> Observation | None:
    """The last published observation earlier than a stamp."""
    return _nearest(connection, stream_id, t.observations.c.ts < ts, newest=True)


def observation_after(connection: Connection, stream_id: int, ts: int) -> Observation | None:
    """The first published observation later than a stamp."""
    return _nearest(connection, stream_id, t.observations.c.ts > ts, newest=False)


def observation_at(connection: Connection, stream_id: int, ts: int) -> Observation | None:
    """The published observation of exactly a stamp."""
    return _nearest(connection, stream_id, t.observations.c.ts == ts, newest=True)


def _nearest(
    connection: Connection, stream_id: int, condition: object, *, newest: bool
) -> Observation | None:
    o, rr, s = t.observations.c, t.run_releases.c, t.streams.c
    suite = select(s.suite).where(s.id == stream_id).scalar_subquery()
    release = select(rr.release_id).where(rr.run_id == o.run_id, rr.suite == suite)
    query = (
        select(o.ts, o.run_id, o.index_digest, release.scalar_subquery().label("release_id"))
        .where(o.stream_id == stream_id, _is_published(), condition)  # type: ignore[arg-type]
        .order_by(o.ts.desc() if newest else o.ts)
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Observation(row.ts, row.run_id, bytes(row.index_digest), row.release_id)


def run_that_relies_on(
    connection: Connection, stream_id: int, observation: Observation, *, until: int
) -> tuple[int, int] | None:
    """The first run, after an observation, for which that observation stands.

    Args:
        connection: Open transaction.
        stream_id: The stream.
        observation: One of its observations.
        until: Only runs later than a stamp that is about to be observed.

    Returns:
        (run id, stamp), or None.
    """
    r, rr, s = t.runs.c, t.run_releases.c, t.streams.c
    following = observation_after(connection, stream_id, observation.ts)
    query = (
        select(r.id, r.ts)
        .select_from(t.runs)
        .join(t.streams, s.id == stream_id)
        .join(t.run_releases, and_(rr.run_id == r.id, rr.suite == s.suite))
        .where(
            r.archive_id == s.archive_id,
            r.state == PUBLISHED,
            r.ts > until,
            r.ts < (following.ts if following else OPEN),
            rr.release_id == observation.release_id,
        )
        .order_by(r.ts)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else (row.id, row.ts)


# Every lookup asks, so it is one question however many indices are staged. The words stand in the
# statement: SQLite uses a partial index for no parameter.
_STAGED = (
    "SELECT o.stream_id, o.ts, (SELECT later.ts FROM observations later "  # noqa: S608
    "WHERE later.stream_id = o.stream_id AND later.ts > o.ts "
    f"AND (SELECT seen.state FROM runs seen WHERE seen.id = later.run_id) = '{PUBLISHED}' "
    "ORDER BY later.ts LIMIT 1) "
    "FROM runs r JOIN observations o ON o.run_id = r.id "
    f"WHERE r.state = '{STAGING}'"
)


def unpublished(connection: Connection) -> dict[int, Unpublished]:
    """What must be hidden from readers: stream id to its unpublished observation."""
    return {
        stream_id: Unpublished(ts, OPEN if later is None else later)
        for stream_id, ts, later in select_rows(connection, _STAGED)
    }


def streams_at(connection: Connection, run_id: int) -> dict[int, int]:
    """The streams observed at a run: stream id to the stamp of the observation that counts."""
    return {row.stream_id: row.ts for row in connection.execute(_STREAMS_AT, {"id": run_id})}


def _is_published() -> ColumnElement[bool]:
    """Whether the run of an observation is published.

    A value and not a join: PostgreSQL would compare each observation with each run.
    """
    o, r = t.observations.c, t.runs.c
    here = select(r.id).where(r.id == o.run_id, r.state == PUBLISHED)
    return here.scalar_subquery().is_not(None)


def _streams_at() -> Select[tuple[int, int]]:
    o, rr, s = t.observations.c, t.run_releases.c, t.streams.c
    run = t.runs.alias("run")
    here = t.run_releases.alias("here")
    # One seek for each stream, however long its history is; and a table of its own, or PostgreSQL
    # would do it once for each observation.
    newest = (
        select(o.ts)
        .where(o.stream_id == s.id, o.ts <= run.c.ts, _is_published())
        .order_by(o.ts.desc())
        .limit(1)
        .correlate(t.streams, run)
        .scalar_subquery()
    )
    held = (
        select(s.id.label("stream_id"), s.suite, here.c.release_id, newest.label("ts"))
        .select_from(run)
        .join(here, here.c.run_id == run.c.id)
        .join(t.streams, and_(s.archive_id == run.c.archive_id, s.suite == here.c.suite))
        .where(run.c.id == bindparam("id"))
        .cte("held")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return (
        select(held.c.stream_id, held.c.ts)
        .select_from(held)
        .join(t.observations, and_(o.stream_id == held.c.stream_id, o.ts == held.c.ts))
        .join(t.run_releases, and_(rr.run_id == o.run_id, rr.suite == held.c.suite))
        .where(rr.release_id == held.c.release_id)
    )


#: Made once: making it takes longer than what it asks.
_STREAMS_AT = _streams_at()
