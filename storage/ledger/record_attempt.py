# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing one judged attempt down, with all that follows from it, in one transaction.

A claim has at most one attempt (a unique column), so the same report twice changes nothing.
A job ends with the first attempt that reaches it; what other claims still report is kept as
evidence and moves nothing in the queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from snapshot.verdict import Status
from storage.ledger import tables as t
from storage.ledger.place_jobs import job_row
from storage.ledger.values import (
    OPEN_STATES,
    JobState,
    JudgedArtifact,
    LeaseState,
    NewAttempt,
    Placement,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a report.

    Attributes:
        attempt_id: Of the attempt, also when it was known before.
        duplicate: Whether this claim had been answered already.
        closed_job: Whether the job ended with it.
        retry_job: The next job, if one was made.
    """

    attempt_id: int
    duplicate: bool
    closed_job: bool
    retry_job: int | None = None


def record_attempt(
    connection: Connection, attempt: NewAttempt, *, spread: Callable[[], int]
) -> Recorded:
    """Record a judged attempt inside the caller's transaction.

    Args:
        connection: Open write transaction.
        attempt: The attempt.
        spread: Random number below 2**31, for the next job.
    """
    job = connection.execute(
        select(t.jobs).where(t.jobs.c.id == attempt.job_id).with_for_update()
    ).one()
    known = _answered(connection, attempt)
    if known is not None:
        return Recorded(known, duplicate=True, closed_job=False)
    closes = job.state in {state.value for state in OPEN_STATES}
    lease = _lease(connection, attempt)
    late = not closes or (lease is not None and lease.state != LeaseState.ACTIVE.value)
    attempt_id = _insert_attempt(connection, attempt, job, lease, late=late)
    for artifact in attempt.artifacts:
        _insert_artifact(connection, attempt_id, artifact, now=attempt.received_at)
    _attach_evidence(connection, attempt_id, attempt, lease.worker_id if lease else job.worker_id)
    _note_newest(connection, attempt_id, attempt, job.target_id)
    retry_job = None
    if closes:
        _close(connection, attempt)
        retry_job = _retry(connection, attempt, job, spread=spread)
    elif lease is not None:
        _end_lease(connection, attempt)
    return Recorded(attempt_id, duplicate=False, closed_job=closes, retry_job=retry_job)


def storable(text: str) -> str:
    """The same text, without what a database cannot hold.

    Lines of logs and names in links come from builds and from strangers: PostgreSQL holds no
    NUL, no database half of a surrogate pair. Refusing them would lose the report.
    """
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _answered(connection: Connection, attempt: NewAttempt) -> int | None:
    c = t.attempts.c
    if attempt.lease_id is None:
        same = and_(c.job_id == attempt.job_id, c.lease_id.is_(None))
    else:
        same = c.lease_id == attempt.lease_id
    return connection.execute(select(c.id).where(same)).scalars().first()


def _lease(connection: Connection, attempt: NewAttempt) -> Any:
    if attempt.lease_id is None:
        return None
    return connection.execute(select(t.leases).where(t.leases.c.id == attempt.lease_id)).one()


def _insert_attempt(
    connection: Connection, attempt: NewAttempt, job: Any, lease: Any, *, late: bool
) -> int:
    verdict = attempt.verdict
    result = connection.execute(
        insert(t.attempts)
        .values(
            job_id=job.id,
            target_id=job.target_id,
            worker_id=lease.worker_id if lease else job.worker_id,
            lease_id=attempt.lease_id,
            started_at=lease.claimed_at if lease else job.started_at,
            built_at=attempt.built_at,
            received_at=attempt.received_at,
            late=late,
            status=verdict.status.value,
            reason=verdict.reason.value if verdict.reason else None,
            detail=storable(verdict.detail),
            reported_only=verdict.reported,
            reported_status=attempt.reported_status.value,
            environment=attempt.environment,
            strategy=storable(attempt.strategy.name),
            added=storable(" ".join(attempt.strategy.added)),
            phases=json.dumps(dict(attempt.phases)),
            worker_version=storable(attempt.worker_version),
        )
        .returning(t.attempts.c.id)
    )
    attempt_id: int = result.scalar_one()
    return attempt_id


def _insert_artifact(
    connection: Connection, attempt_id: int, artifact: JudgedArtifact, *, now: float
) -> None:
    result = connection.execute(
        insert(t.attempt_artifacts)
        .values(
            attempt_id=attempt_id,
            artifact_id=artifact.artifact_id,
            name=artifact.name,
            file_name=artifact.file_name,
            status=artifact.status.value,
            sha256=artifact.sha256,
            size=artifact.size,
            detail=storable(artifact.detail),
        )
        .returning(t.attempt_artifacts.c.id)
    )
    link = artifact.attestation
    if link is not None:
        connection.execute(
            insert(t.attestations).values(
                attempt_artifact_id=result.scalar_one(),
                product=link.product,
                digest=link.digest,
                keyids=",".join(link.keyids),
                confirmed=link.confirmed,
                made_at=now,
            )
        )


def _attach_evidence(
    connection: Connection, attempt_id: int, attempt: NewAttempt, worker_id: int | None
) -> None:
    """New evidence, and what the same worker uploaded for this job before it reported.

    What the report does not list stays behind: an earlier try of the same worker, broken off
    after its upload, must not explain this one.
    """
    e = t.evidence.c
    pending = connection.execute(
        select(e.id, e.kind, e.name, e.content_digest)
        .where(e.job_id == attempt.job_id, e.attempt_id.is_(None), e.worker_id == worker_id)
        .with_for_update()
    )
    listed = attempt.uploads
    mine = [
        row.id
        for row in pending
        if listed is None or (row.kind, row.name, row.content_digest) in listed
    ]
    connection.execute(update(t.evidence).where(e.id.in_(mine)).values(attempt_id=attempt_id))
    for item in attempt.evidence:
        connection.execute(
            insert(t.evidence).values(
                job_id=attempt.job_id,
                attempt_id=attempt_id,
                worker_id=worker_id,
                kind=item.kind,
                name=item.name,
                digest=item.digest,
                size=item.size,
                encoding=item.encoding,
                content_digest=item.content_digest,
                received_at=attempt.received_at,
            )
        )


def _note_newest(
    connection: Connection, attempt_id: int, attempt: NewAttempt, target_id: int
) -> None:
    """The target shows its newest attempt; newest is the greatest (built_at, id)."""
    verdict, c = attempt.verdict, t.targets.c
    if attempt.counts_as_retry:
        connection.execute(update(t.targets).where(c.id == target_id).values(retries=c.retries + 1))
    connection.execute(
        update(t.targets)
        .where(
            c.id == target_id,
            or_(c.newest_built_at.is_(None), c.newest_built_at <= attempt.built_at),
        )
        .values(
            newest_attempt=attempt_id,
            newest_built_at=attempt.built_at,
            status=verdict.status.value if verdict.status is not Status.UNKNOWN else None,
            reason=verdict.reason.value if verdict.reason else None,
        )
    )


def _end_lease(connection: Connection, attempt: NewAttempt) -> None:
    connection.execute(
        update(t.leases)
        .where(t.leases.c.id == attempt.lease_id)
        .values(state=LeaseState.REPORTED.value)
    )


def _close(connection: Connection, attempt: NewAttempt) -> None:
    connection.execute(
        update(t.jobs)
        .where(t.jobs.c.id == attempt.job_id)
        .values(state=JobState.DONE.value, closed_at=attempt.received_at)
    )
    c = t.leases.c
    connection.execute(
        update(t.leases)
        .where(c.job_id == attempt.job_id, t.ACTIVE)
        .values(state=LeaseState.SUPERSEDED.value)
    )
    if attempt.lease_id is not None:
        _end_lease(connection, attempt)


def _retry(
    connection: Connection, attempt: NewAttempt, job: Any, *, spread: Callable[[], int]
) -> int | None:
    retry = attempt.retry
    if retry is None:
        return None
    placement = Placement(priority=retry.priority, manual=job.manual, not_before=retry.not_before)
    row = job_row(
        job.target_id,
        job.lane,
        job.replica,
        placement,
        now=attempt.received_at,
        spread=spread,
        hurried=retry.hurried,
    )
    made = insert(t.jobs).values(**row).returning(t.jobs.c.id)
    next_id: int = connection.execute(made).scalar_one()
    return next_id
