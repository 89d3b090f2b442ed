# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking jobs out of the queue."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, exists, select, update

from storage.ledger import tables as t
from storage.ledger.values import JobState, LeaseState


def drop_jobs(connection: Connection, ids: Sequence[int], *, now: float) -> int:
    """Drop open jobs; the claims on them are superseded. Answers how many were open."""
    dropped = 0
    for start in range(0, len(ids), 5000):
        part = ids[start : start + 5000]
        result = connection.execute(
            update(t.jobs)
            .where(t.jobs.c.id.in_(part), t.OPEN)
            .values(state=JobState.DROPPED.value, closed_at=now)
        )
        dropped += result.rowcount
        connection.execute(
            update(t.leases)
            .where(t.leases.c.job_id.in_(part), t.ACTIVE)
            .values(state=LeaseState.SUPERSEDED.value)
        )
    return dropped


def drop_unseen(
    connection: Connection, scope: tuple[str, str, str], *, before: float, now: float
) -> int:
    """Mark what a scope no longer lists and drop its jobs.

    A target that another release still lists keeps its place; so do running jobs, and jobs a
    person asked for.

    Args:
        connection: Open write transaction.
        scope: Distribution, release, architecture.
        before: Pointers last seen earlier than this are gone.
        now: Seconds since 1970.

    Returns:
        Jobs dropped.
    """
    distribution, release, architecture = scope
    s, c = t.target_suites.c, t.targets.c
    in_scope = and_(
        s.release == release,
        s.last_seen < before,
        s.seen_in_last_sync.is_(True),
        exists().where(
            and_(
                c.id == s.target_id,
                c.distribution == distribution,
                c.architecture == architecture,
            )
        ),
    )
    gone = list(connection.execute(select(s.target_id).where(in_scope)).scalars())
    if not gone:
        return 0
    connection.execute(update(t.target_suites).where(in_scope).values(seen_in_last_sync=False))
    elsewhere = t.target_suites.alias("elsewhere")
    idle = [JobState.QUEUED.value, JobState.WAITING.value]
    dropped = 0
    for start in range(0, len(gone), 5000):
        result = connection.execute(
            update(t.jobs)
            .where(
                t.jobs.c.target_id.in_(gone[start : start + 5000]),
                t.jobs.c.state.in_(idle),
                t.jobs.c.manual.is_(False),
                ~exists().where(
                    and_(
                        elsewhere.c.target_id == t.jobs.c.target_id,
                        elsewhere.c.seen_in_last_sync.is_(True),
                    )
                ),
            )
            .values(state=JobState.DROPPED.value, closed_at=now)
        )
        dropped += result.rowcount
    return dropped
