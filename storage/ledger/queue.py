# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue as people and clients see it: list, push forward, drop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from storage.database import Database
from storage.ledger import tables as t
from storage.ledger.drop_jobs import drop_jobs
from storage.ledger.match import match_target
from storage.ledger.page import FIRST_PAGE, NO_FILTER, Filter, Page, fetch_page
from storage.ledger.place_jobs import job_row
from storage.ledger.records import QueuedJob, ResultPage
from storage.ledger.rows import optional, tags_of
from storage.ledger.values import JobState, Placement, lane
from storage.retry_conflict import again_on_conflict


class Queue:
    """The open jobs.

    Args:
        database: An upgraded ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, filters: Filter = NO_FILTER, page: Page = FIRST_PAGE) -> ResultPage[QueuedJob]:
        """One page of open jobs, by id unless sorted otherwise."""
        query = match_target(job_query().where(t.OPEN), filters)
        columns = {
            "id": t.jobs.c.id,
            "name": t.targets.c.source,
            "version": t.targets.c.version,
            "distribution": t.targets.c.distribution,
            "architecture": t.targets.c.architecture,
            "backend": t.targets.c.backend,
            "priority": t.jobs.c.priority,
            "queued_at": t.jobs.c.queued_at,
            "next_retry": t.jobs.c.next_retry,
            "started_at": t.jobs.c.started_at,
        }
        with self._database.read() as connection:
            total, rows = fetch_page(connection, query, page, columns=columns)
        return ResultPage(total, tuple(job_of(row) for row in rows))

    def get(self, job_id: int, *, open_only: bool = False) -> QueuedJob | None:
        """One job, closed ones included unless told otherwise."""
        query = job_query().where(t.jobs.c.id == job_id)
        if open_only:
            query = query.where(t.OPEN)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else job_of(row)

    def running(self, limit: int = 100) -> tuple[QueuedJob, ...]:
        """Jobs that somebody holds, the longest running first."""
        running = t.jobs.c.state == JobState.RUNNING.value
        query = job_query().where(t.OPEN, running).order_by(t.jobs.c.started_at, t.jobs.c.id)
        with self._database.read() as connection:
            return tuple(job_of(row) for row in connection.execute(query.limit(limit)))

    def of_target(self, target_id: int) -> tuple[QueuedJob, ...]:
        """Every job of a target, the oldest first."""
        query = job_query().where(t.jobs.c.target_id == target_id).order_by(t.jobs.c.id)
        with self._database.read() as connection:
            return tuple(job_of(row) for row in connection.execute(query))

    def push(self, filters: Filter, *, priority: int, now: float, spread: Callable[[], int]) -> int:
        """Queue matching targets by hand, or move their open jobs forward.

        Args:
            filters: Which targets. Nothing set means all.
            priority: Lower is sooner.
            now: Seconds since 1970.
            spread: Random number below 2**31.

        Returns:
            Targets that are in the queue because of this.
        """

        def work() -> int:
            with self._database.write() as connection:
                query = match_target(_queueable(), filters)
                return _push_found(connection, query, priority=priority, now=now, spread=spread)

        return again_on_conflict(work)

    def hurry(
        self,
        target_ids: Sequence[int],
        *,
        priority: int,
        now: float,
        spread: Callable[[], int],
    ) -> int:
        """Like `push`, for exactly these targets: a retry that waits is due at once."""

        def work() -> int:
            with self._database.write() as connection:
                return sum(
                    _push_found(
                        connection,
                        _queueable().where(t.targets.c.id.in_(ids)),
                        priority=priority,
                        now=now,
                        spread=spread,
                    )
                    for ids in _parts(list(dict.fromkeys(target_ids)))
                )

        return again_on_conflict(work)

    def drop(self, filters: Filter = NO_FILTER, *, now: float) -> int:
        """Take matching jobs out of the queue, running ones too; answers how many."""
        query = match_target(job_query().where(t.OPEN), filters)
        with self._database.write() as connection:
            ids = list(connection.execute(query.with_only_columns(t.jobs.c.id)).scalars())
            return drop_jobs(connection, ids, now=now)

    def drop_one(self, job_id: int, *, now: float) -> bool:
        """Take one job out; False when it is not in the queue."""
        with self._database.write() as connection:
            return drop_jobs(connection, [job_id], now=now) == 1


def job_query() -> Select[Any]:
    """Jobs with the names of their targets, ready for `job_of`."""
    release = (
        select(t.target_suites.c.release)
        .where(t.target_suites.c.target_id == t.targets.c.id)
        .order_by(t.target_suites.c.id)
        .limit(1)
        .scalar_subquery()
    )
    c = t.targets.c
    return select(
        t.jobs,
        func.coalesce(release, "").label("release"),
        c.source,
        c.version,
        c.distribution,
        c.architecture,
        c.backend,
        c.kind,
        c.input_name,
        c.input_digest,
        c.input_url,
    ).join(t.targets, t.targets.c.id == t.jobs.c.target_id)


def job_of(row: Row[Any]) -> QueuedJob:
    """A row of `job_query`."""
    return QueuedJob(
        id=row.id,
        target_id=row.target_id,
        name=row.source,
        version=row.version,
        distribution=row.distribution,
        release=optional(row.release),
        architecture=row.architecture,
        backend=row.backend,
        kind=row.kind,
        input_name=row.input_name,
        input_digest=row.input_digest,
        input_url=row.input_url,
        state=JobState(row.state),
        priority=row.priority,
        replica=row.replica,
        manual=row.manual,
        queued_at=row.queued_at,
        next_retry=row.next_retry,
        started_at=row.started_at,
        closed_at=row.closed_at,
        worker_id=row.worker_id,
        leases=row.leases,
        hurried=row.hurried,
    )


def _queueable() -> Select[Any]:
    c = t.targets.c
    return select(c.id, c.backend, c.kind, c.architecture, c.tags)


def _push_found(
    connection: Connection,
    query: Select[Any],
    *,
    priority: int,
    now: float,
    spread: Callable[[], int],
) -> int:
    found = {
        row.id: lane(row.backend, row.kind, row.architecture, tags_of(row.tags))
        for row in connection.execute(query.order_by(t.targets.c.id))
    }
    open_jobs = _open_jobs(connection, list(found))
    # The peer's word for "at once" is a minute ago.
    due = now - 60
    for ids in _parts([job_id for jobs in open_jobs.values() for job_id in jobs]):
        connection.execute(
            update(t.jobs)
            # One that was closed since we looked must not be open again.
            .where(t.jobs.c.id.in_(ids), t.OPEN, t.jobs.c.state != JobState.RUNNING.value)
            .values(state=JobState.QUEUED.value, priority=priority, next_retry=due, manual=True)
        )
    placement = Placement(priority=priority, manual=True, not_before=due)
    rows = [
        job_row(target_id, words, 1, placement, now=now, spread=spread)
        for target_id, words in found.items()
        if target_id not in open_jobs
    ]
    if rows:
        connection.execute(insert(t.jobs), rows)
    return len(found)


def _open_jobs(connection: Connection, target_ids: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for ids in _parts(target_ids):
        query = select(t.jobs.c.target_id, t.jobs.c.id).where(t.jobs.c.target_id.in_(ids), t.OPEN)
        for row in connection.execute(query):
            found.setdefault(row.target_id, []).append(row.id)
    return found


def _parts(ids: list[int], size: int = 5000) -> list[list[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
