# SPDX-License-Identifier: GPL-3.0-or-later
"""What was tried, and what workers sent about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import func, insert, select, update

from snapshot.digest import Digest
from snapshot.verdict import Verdict
from storage.database import Database
from storage.ledger import tables as t
from storage.ledger.record_attempt import Recorded, record_attempt
from storage.ledger.records import Attestation, Evidence
from storage.ledger.rows import attestation_of, evidence_of
from storage.ledger.values import NewAttempt, NewEvidence
from storage.retry_conflict import again_on_conflict


class Attempts:
    """Attempts, evidence and attestations.

    Args:
        database: An upgraded ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, attempt: NewAttempt, *, spread: Callable[[], int]) -> Recorded:
        """Write a judged attempt down; the same claim twice changes nothing."""
        return again_on_conflict(partial(self._record, attempt, spread=spread))

    def _record(self, attempt: NewAttempt, *, spread: Callable[[], int]) -> Recorded:
        with self._database.write() as connection:
            return record_attempt(connection, attempt, spread=spread)

    def answered(self, lease_id: int) -> int | None:
        """The attempt that answered a claim, if there is one."""
        query = select(t.attempts.c.id).where(t.attempts.c.lease_id == lease_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def count_same(self, target_id: int, verdict: Verdict) -> int:
        """Attempts of a target that ended with the same status and reason."""
        a = t.attempts.c
        reason = None if verdict.reason is None else verdict.reason.value
        query = select(func.count()).where(
            a.target_id == target_id,
            a.status == verdict.status.value,
            a.reason.is_not_distinct_from(reason),
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def add_evidence(
        self, job_id: int, worker_id: int, evidence: NewEvidence, *, now: float
    ) -> Evidence:
        """Note something uploaded before the report; the same kind and name replaces it."""
        e = t.evidence.c
        values = {
            "digest": evidence.digest,
            "size": evidence.size,
            "encoding": evidence.encoding,
            "content_digest": evidence.content_digest,
            "received_at": now,
        }
        same = (
            e.job_id == job_id,
            e.worker_id == worker_id,
            e.attempt_id.is_(None),
            e.kind == evidence.kind,
            e.name == evidence.name,
        )
        with self._database.write() as connection:
            found = connection.execute(select(e.id).where(*same)).scalars().first()
            if found is None:
                result = connection.execute(
                    insert(t.evidence)
                    .values(
                        job_id=job_id,
                        worker_id=worker_id,
                        kind=evidence.kind,
                        name=evidence.name,
                        **values,
                    )
                    .returning(e.id)
                )
                found = result.scalar_one()
            else:
                connection.execute(update(t.evidence).where(e.id == found).values(**values))
            row = connection.execute(select(t.evidence).where(e.id == found)).one()
        return evidence_of(row)

    def pending_evidence(self, job_id: int, worker_id: int) -> tuple[Evidence, ...]:
        """What a worker uploaded for a job and did not report yet."""
        e = t.evidence.c
        query = select(t.evidence).where(
            e.job_id == job_id, e.worker_id == worker_id, e.attempt_id.is_(None)
        )
        with self._database.read() as connection:
            return tuple(evidence_of(row) for row in connection.execute(query.order_by(e.id)))

    def evidence(self, attempt_id: int, kind: str | None = None) -> tuple[Evidence, ...]:
        """Evidence of an attempt, of one kind or all."""
        e = t.evidence.c
        query = select(t.evidence).where(e.attempt_id == attempt_id).order_by(e.id)
        if kind is not None:
            query = query.where(e.kind == kind)
        with self._database.read() as connection:
            return tuple(evidence_of(row) for row in connection.execute(query))

    def attestations_of(self, product: Digest) -> tuple[Attestation, ...]:
        """Every signed link about a package with this digest, the newest first."""
        c = t.attestations.c
        query = select(t.attestations).where(c.product == product).order_by(c.id.desc())
        with self._database.read() as connection:
            return tuple(attestation_of(row) for row in connection.execute(query))
