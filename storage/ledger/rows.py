# SPDX-License-Identifier: GPL-3.0-or-later
"""From database rows to frozen records, and back to the words a row holds."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row

from snapshot.verdict import Original, Reason, Status, Strategy, Verdict
from storage.ledger.records import Artifact, Attestation, Evidence, Lease, Target, Worker
from storage.ledger.values import Derived, LeaseState


def optional(word: str) -> str | None:
    """The wire's null for the empty text of a column."""
    return word or None


def status_of(word: str | None) -> Status | None:
    """A status column."""
    return None if word is None else Status(word)


def reason_of(word: str | None) -> Reason | None:
    """A reason column."""
    return None if word is None else Reason(word)


def tags_of(word: str) -> frozenset[str]:
    """A column of words joined by commas."""
    return frozenset(word.split(",")) if word else frozenset()


def derived_text(derive: Derived | None) -> dict[str, str]:
    """The three columns of a derivation."""
    if derive is None:
        return {"derive_archive": "", "derive_timestamp": "", "derive_suites": ""}
    return {
        "derive_archive": derive.archive,
        "derive_timestamp": derive.timestamp,
        "derive_suites": json.dumps([list(pair) for pair in derive.suites]),
    }


def derived_of(row: Row[Any]) -> Derived | None:
    """A derivation from its three columns."""
    if not row.derive_archive:
        return None
    pairs = tuple((suite, component) for suite, component in json.loads(row.derive_suites))
    return Derived(row.derive_archive, row.derive_timestamp, pairs)


def target_of(row: Row[Any], releases: tuple[str, ...]) -> Target:
    """A row of `targets`."""
    return Target(
        id=row.id,
        identity=row.identity,
        kind=row.kind,
        distribution=row.distribution,
        source=row.source,
        version=row.version,
        architecture=row.architecture,
        backend=row.backend,
        build=row.build,
        input_name=row.input_name,
        input_digest=row.input_digest,
        input_url=row.input_url,
        environment=row.environment,
        derive=derived_of(row),
        tags=tags_of(row.tags),
        created_at=row.created_at,
        retries=row.retries,
        newest_attempt=row.newest_attempt,
        status=status_of(row.status),
        reason=reason_of(row.reason),
        releases=releases,
    )


def artifact_of(row: Row[Any]) -> Artifact:
    """A row of `target_artifacts`."""
    return Artifact(
        id=row.id,
        target_id=row.target_id,
        file_name=row.file_name,
        name=row.name,
        version=row.version,
        architecture=row.architecture,
        sha256=row.sha256,
        size=row.size,
        url=row.url,
        origin=Original(row.origin),
    )


def worker_of(row: Row[Any]) -> Worker:
    """A row of `workers`."""
    return Worker(
        id=row.id,
        key=row.key,
        name=row.name,
        address=row.address,
        status=row.status,
        registered_at=row.registered_at,
        last_ping=row.last_ping,
    )


def lease_of(row: Row[Any]) -> Lease:
    """A row of `leases`."""
    return Lease(
        id=row.id,
        job_id=row.job_id,
        worker_id=row.worker_id,
        token=row.token,
        claimed_at=row.claimed_at,
        last_ping=row.last_ping,
        deadline=row.deadline,
        state=LeaseState(row.state),
    )


def evidence_of(row: Row[Any]) -> Evidence:
    """A row of `evidence`."""
    return Evidence(
        id=row.id,
        job_id=row.job_id,
        attempt_id=row.attempt_id,
        worker_id=row.worker_id,
        kind=row.kind,
        name=row.name,
        digest=row.digest,
        size=row.size,
        encoding=row.encoding,
        content_digest=row.content_digest,
        received_at=row.received_at,
    )


def attestation_of(row: Row[Any]) -> Attestation:
    """A row of `attestations`."""
    return Attestation(
        id=row.id,
        product=row.product,
        digest=row.digest,
        keyids=tuple(row.keyids.split(",")) if row.keyids else (),
        confirmed=row.confirmed,
        made_at=row.made_at,
    )


def verdict_of(row: Row[Any]) -> Verdict:
    """The verdict columns of `attempts`."""
    return Verdict(
        status=Status(row.status),
        reason=reason_of(row.reason),
        detail=row.detail,
        reported=row.reported_only,
    )


def strategy_of(row: Row[Any]) -> Strategy:
    """The strategy columns of `attempts`."""
    return Strategy(row.strategy, tuple(row.added.split()) if row.added else ())


def phases_of(text: str) -> dict[str, float]:
    """The phases column of `attempts`, in the order they were reported."""
    return {str(name): float(seconds) for name, seconds in json.loads(text or "{}").items()}
