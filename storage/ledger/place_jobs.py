# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting targets into the queue: who may get a place, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select

from snapshot.verdict import Status
from storage.ledger import tables as t
from storage.ledger.values import JobState, Placement

_DAY = 86_400


def place_jobs(
    connection: Connection,
    lanes: Mapping[int, str],
    placement: Placement,
    *,
    now: float,
    spread: Callable[[], int],
) -> int:
    """Queue what has something to gain from it.

    A target gets a place unless it has one already. Without a person asking (`manual`), a
    target that was tried gets none: the retry policy has spoken, unless its job was dropped
    before it could run (a sync that did not see it) and it is not GOOD.

    Args:
        connection: Open write transaction.
        lanes: Target ids with the lane of each, in the order of queueing.
        placement: Priority, replicas and so on.
        now: Seconds since 1970.
        spread: Random number below 2**31 for each job.

    Returns:
        Jobs made.
    """
    taken = _open_places(connection, lanes)
    refused = set() if placement.manual else _settled(connection, lanes)
    rows = [
        job_row(target_id, lane, replica, placement, now=now, spread=spread)
        for target_id, lane in lanes.items()
        if target_id not in refused
        for replica in range(1, placement.replicas + 1)
        if (target_id, replica) not in taken
    ]
    if rows:
        connection.execute(insert(t.jobs), rows)
    return len(rows)


def job_row(
    target_id: int,
    lane: str,
    replica: int,
    placement: Placement,
    *,
    now: float,
    spread: Callable[[], int],
    hurried: int = 0,
) -> dict[str, Any]:
    """The row of a new job."""
    later = placement.not_before is not None and placement.not_before > now
    return {
        "target_id": target_id,
        "replica": replica,
        "lane": lane,
        "priority": placement.priority,
        "day": int(now // _DAY),
        "spread": spread(),
        "state": (JobState.WAITING if later else JobState.QUEUED).value,
        "manual": placement.manual,
        "queued_at": now,
        "next_retry": placement.not_before,
        "leases": 0,
        "hurried": hurried,
    }


def _open_places(connection: Connection, lanes: Mapping[int, str]) -> set[tuple[int, int]]:
    query = select(t.jobs.c.target_id, t.jobs.c.replica).where(
        t.jobs.c.target_id.in_(list(lanes)),
        t.OPEN,
    )
    return {(row.target_id, row.replica) for row in connection.execute(query)}


def _settled(connection: Connection, lanes: Mapping[int, str]) -> set[int]:
    """Targets that were tried and that nothing dropped out of the queue since."""
    newest = (
        select(func.max(t.jobs.c.id))
        .where(t.jobs.c.target_id.in_(list(lanes)))
        .group_by(t.jobs.c.target_id)
    )
    query = (
        select(t.targets.c.id)
        .outerjoin(t.jobs, (t.jobs.c.target_id == t.targets.c.id) & t.jobs.c.id.in_(newest))
        .where(
            t.targets.c.id.in_(list(lanes)),
            t.targets.c.newest_attempt.is_not(None),
            (t.targets.c.status == Status.GOOD.value)
            | (t.jobs.c.state.is_distinct_from(JobState.DROPPED.value)),
        )
    )
    return {row.id for row in connection.execute(query)}
