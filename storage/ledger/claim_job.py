# SPDX-License-Identifier: GPL-3.0-or-later
"""Handing a job to a worker: one short transaction, no job twice.

The one module of the ledger where the two databases differ. On SQLite the write transaction
begins with `BEGIN IMMEDIATE`, so that nobody else writes between the choice and the claim;
on PostgreSQL the chosen row is locked with `FOR UPDATE SKIP LOCKED`, so that nobody waits.
SQLAlchemy writes the lock only where the database has one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Select, and_, exists, insert, select, text, update

from storage.ledger import tables as t
from storage.ledger.values import Ability, JobState, LeaseState

#: Waiting jobs that one call lets in; the next call takes the rest.
PROMOTED_AT_ONCE = 500

# Lanes are few and the queue is long: hop from one to the next along the index.
_LANES = text("""
    WITH RECURSIVE lanes (lane) AS (
        SELECT min(lane) FROM jobs WHERE state = 'queued'
        UNION ALL
        SELECT (SELECT min(jobs.lane) FROM jobs
                WHERE jobs.state = 'queued' AND jobs.lane > lanes.lane)
        FROM lanes WHERE lanes.lane IS NOT NULL
    )
    SELECT lane FROM lanes WHERE lane IS NOT NULL
""")


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who asks, and what for.

    Attributes:
        worker_id: Row of the worker.
        ability: What it can take.
        token: A fresh secret word that the report must carry.
        now: Seconds since 1970.
        deadline: Seconds without a ping after which the claim is void.
        extended: Whether it speaks our extension: its report must then carry the token.
    """

    worker_id: int
    ability: Ability
    token: str
    now: float
    deadline: float
    extended: bool = False


def promote_waiting(connection: Connection, now: float) -> int:
    """Let retries whose time has come into the queue; answers how many."""
    due = (
        select(t.jobs.c.id)
        .where(t.WAITING, t.jobs.c.next_retry <= now)
        .order_by(t.jobs.c.next_retry)
        .limit(PROMOTED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.execute(due).scalars())
    if ids:
        connection.execute(
            update(t.jobs).where(t.jobs.c.id.in_(ids)).values(state=JobState.QUEUED.value)
        )
    return len(ids)


def claim_job(connection: Connection, claimant: Claimant) -> int | None:
    """Take the best job there is for this worker.

    Order: priority, then the day it was queued, then at random within the day.

    Args:
        connection: Open write transaction; commit at once.
        claimant: Who asks.

    Returns:
        Id of the new lease, or None when there is nothing to do.
    """
    for lane in _accepted_lanes(connection, claimant):
        query = _head(lane, claimant.worker_id).with_for_update(skip_locked=True, of=t.jobs)
        job_id = connection.execute(query).scalar_one_or_none()
        if job_id is not None:
            return _take(connection, job_id, claimant)
    return None


def _accepted_lanes(connection: Connection, claimant: Claimant) -> list[str]:
    """Lanes with work this worker can do, the one with the most urgent head first."""
    lanes = [lane for lane in connection.execute(_LANES).scalars() if claimant.ability.takes(lane)]
    if len(lanes) < 2:
        return lanes
    heads = []
    for lane in lanes:
        c = t.jobs.c
        query = _head(lane, claimant.worker_id).with_only_columns(c.priority, c.day, c.spread, c.id)
        row = connection.execute(query).first()
        if row is not None:
            heads.append((tuple(row), lane))
    return [lane for _, lane in sorted(heads)]


def _head(lane: str, worker_id: int) -> Select[int]:
    c = t.jobs.c
    other = t.jobs.alias("other")
    # Replicas are for *different* workers: one that had a sister does not get this one.
    sister = exists().where(
        and_(
            other.c.target_id == c.target_id,
            other.c.replica != c.replica,
            other.c.worker_id == worker_id,
            other.c.state.in_([JobState.RUNNING.value, JobState.DONE.value]),
        )
    )
    return (
        select(c.id)
        .where(t.QUEUED, c.lane == lane, ~sister)
        .order_by(c.priority, c.day, c.spread, c.id)
        .limit(1)
    )


def _take(connection: Connection, job_id: int, claimant: Claimant) -> int:
    target_id: int = connection.execute(
        update(t.jobs)
        .where(t.jobs.c.id == job_id)
        .values(
            state=JobState.RUNNING.value,
            worker_id=claimant.worker_id,
            started_at=claimant.now,
            leases=t.jobs.c.leases + 1,
        )
        .returning(t.jobs.c.target_id)
    ).scalar_one()
    c = t.targets.c
    doing = select("working hard on " + c.source + " " + c.version).where(c.id == target_id)
    connection.execute(
        update(t.workers)
        .where(t.workers.c.id == claimant.worker_id)
        .values(status=doing.scalar_subquery(), last_ping=claimant.now)
    )
    made = (
        insert(t.leases)
        .values(
            job_id=job_id,
            worker_id=claimant.worker_id,
            token=claimant.token,
            extended=claimant.extended,
            claimed_at=claimant.now,
            last_ping=claimant.now,
            deadline=claimant.now + claimant.deadline,
            state=LeaseState.ACTIVE.value,
        )
        .returning(t.leases.c.id)
    )
    lease_id: int = connection.execute(made).scalar_one()
    return lease_id
