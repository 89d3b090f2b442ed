# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims of workers: made, kept alive, found again, run out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, or_, select, update

from storage.database import Database
from storage.ledger import tables as t
from storage.ledger.claim_job import Claimant, claim_job, promote_waiting
from storage.ledger.queue import job_of, job_query
from storage.ledger.record_attempt import record_attempt
from storage.ledger.records import Claim, Lease
from storage.ledger.rows import artifact_of, lease_of
from storage.ledger.targets import read_target
from storage.ledger.values import JobState, LeaseState, NewAttempt


class Leases:
    """The claims on jobs.

    Args:
        database: An upgraded ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def something_due(self, now: float) -> bool:
        """Whether there is a retry to let in or a silent worker: one cheap question."""
        retry = select(t.jobs.c.id).where(t.WAITING, t.jobs.c.next_retry <= now)
        silent = select(t.leases.c.id).where(t.ACTIVE, t.leases.c.deadline < now)
        with self._database.read() as connection:
            return bool(connection.execute(select(or_(exists(retry), exists(silent)))).scalar_one())

    def promote(self, now: float) -> int:
        """Let due retries into the queue; answers how many."""
        with self._database.write() as connection:
            return promote_waiting(connection, now)

    def claim(self, claimant: Claimant) -> int | None:
        """Take a job in one short transaction; answers the lease id or None."""
        with self._database.write() as connection:
            return claim_job(connection, claimant)

    def describe(self, lease_id: int) -> Claim:
        """Everything the worker must know about what it claimed."""
        with self._database.read() as connection:
            lease = lease_of(
                connection.execute(select(t.leases).where(t.leases.c.id == lease_id)).one()
            )
            job = job_of(connection.execute(job_query().where(t.jobs.c.id == lease.job_id)).one())
            rows = connection.execute(
                select(t.target_artifacts)
                .where(t.target_artifacts.c.target_id == job.target_id)
                .order_by(t.target_artifacts.c.id)
            )
            artifacts = tuple(artifact_of(row) for row in rows)
            return Claim(lease, job, read_target(connection, job.target_id), artifacts)

    def ping(self, job_id: int, worker_id: int, *, now: float, deadline: float) -> bool:
        """Move the deadline of a worker's active claim.

        Returns:
            False when the worker holds no active claim on that job.
        """
        mine = (
            t.leases.c.job_id == job_id,
            t.leases.c.worker_id == worker_id,
            t.ACTIVE,
        )
        with self._database.write() as connection:
            result = connection.execute(
                update(t.leases).where(*mine).values(last_ping=now, deadline=now + deadline)
            )
            if result.rowcount == 0:
                return False
            connection.execute(
                update(t.workers).where(t.workers.c.id == worker_id).values(last_ping=now)
            )
            return True

    def find(self, job_id: int, worker_id: int, token: str | None = None) -> Lease | None:
        """The claim a report answers.

        Args:
            job_id: As the report says.
            worker_id: Who reports.
            token: The lease word, when the report carries one; else the newest claim of a
                stock worker that has not been answered, or its newest at all. A worker that
                was told the word must say it: its key is public.
        """
        c = t.leases.c
        return self._newest(
            c.job_id == job_id,
            c.worker_id == worker_id,
            c.extended.is_(False) if token is None else c.token == token,
        )

    def newest(self, job_id: int, worker_id: int) -> Lease | None:
        """A worker's newest claim on a job that is not answered yet, or its newest at all."""
        c = t.leases.c
        return self._newest(c.job_id == job_id, c.worker_id == worker_id)

    def _newest(self, *conditions: ColumnElement[bool]) -> Lease | None:
        query = select(t.leases).where(*conditions)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(t.leases.c.id.desc())).all()
        leases = [lease_of(row) for row in rows]
        unanswered = [lease for lease in leases if lease.state is not LeaseState.REPORTED]
        return next(iter(unanswered or leases), None)

    def overdue(self, now: float, limit: int = 100) -> tuple[Lease, ...]:
        """Active claims past their deadline, the oldest first."""
        query = (
            select(t.leases)
            .where(t.ACTIVE, t.leases.c.deadline < now)
            .order_by(t.leases.c.deadline)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(lease_of(row) for row in connection.execute(query))

    def expire(
        self, lease: Lease, *, now: float, lost: NewAttempt | None, spread: Callable[[], int]
    ) -> bool:
        """End a claim whose worker was lost, with what follows, in one transaction.

        Args:
            lease: As `overdue` listed it; a ping or a report in the meantime saves it.
            now: Seconds since 1970.
            lost: None: the job returns to the queue under its own id. Else the `worker-lost`
                with which the job ends.
            spread: Random number below 2**31, for the next job.

        Returns:
            Whether the claim ended.
        """
        with self._database.write() as connection:
            query = job_query().where(t.jobs.c.id == lease.job_id)
            # The job before the claim, as everybody takes them: no two wait for each other.
            job = job_of(connection.execute(query.with_for_update(of=t.jobs)).one())
            if not _void(connection, lease.id, now):
                return False
            if job.state is not JobState.RUNNING or _held(connection, job.id):
                return True
            if lost is not None:
                record_attempt(connection, lost, spread=spread)
                return True
            connection.execute(
                update(t.jobs)
                .where(t.jobs.c.id == job.id)
                .values(state=JobState.QUEUED.value, started_at=None, worker_id=None)
            )
            return True


def _void(connection: Connection, lease_id: int, now: float) -> bool:
    result: Any = connection.execute(
        update(t.leases)
        .where(
            t.leases.c.id == lease_id,
            t.ACTIVE,
            t.leases.c.deadline < now,
        )
        .values(state=LeaseState.EXPIRED.value)
    )
    return bool(result.rowcount)


def _held(connection: Connection, job_id: int) -> bool:
    query = select(t.leases.c.id).where(t.leases.c.job_id == job_id, t.ACTIVE)
    return connection.execute(query.limit(1)).first() is not None
