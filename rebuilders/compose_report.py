# SPDX-License-Identifier: GPL-3.0-or-later
"""From an outcome to the report that the server judges, with links for what is the same."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from rebuilders.task import ArtifactOutcome, Outcome, Task
from rebuilders.worker_key import WorkerKey
from snapshot.verdict import Status
from snapshot.wire import (
    ArtifactReport,
    EvidenceReference,
    JobAssignment,
    RebuildReport,
    ReportExtension,
)


def compose_report(
    assignment: JobAssignment,
    task: Task | None,
    outcome: Outcome,
    *,
    key: WorkerKey,
    evidence: tuple[EvidenceReference, ...],
    phases: Mapping[str, float],
    built_at: float,
) -> RebuildReport:
    """The report of one attempt.

    Args:
        assignment: The job.
        task: Its input; None when it could not be had, and then nothing is signed.
        outcome: What happened.
        key: Signs a link for every artifact that came out the same.
        evidence: What was uploaded.
        phases: Seconds by phase.
        built_at: Seconds since 1970.
    """
    lease = assignment.extension.lease if assignment.extension else ""
    return RebuildReport(
        queue_id=assignment.job.id,
        built_at=built_at,
        build_log=b"",
        status=outcome.status,
        artifacts=tuple(_artifact(artifact, task, key) for artifact in outcome.artifacts),
        extension=ReportExtension(
            lease=lease,
            reason=outcome.reason,
            detail=outcome.detail,
            environment=outcome.environment,
            strategy=outcome.strategy.name,
            added=outcome.strategy.added,
            phases=dict(phases),
            evidence=evidence,
            worker_version=worker_version(),
        ),
    )


def worker_version() -> str:
    """Version of this program; empty in a checkout that is not installed."""
    try:
        return f"dejabuild {version('dejabuild')}"
    except PackageNotFoundError:
        return ""


def _artifact(artifact: ArtifactOutcome, task: Task | None, key: WorkerKey) -> ArtifactReport:
    link = None
    if artifact.status is Status.GOOD and artifact.sha256 is not None and task is not None:
        materials = {task.input_name: task.input_digest}
        link = key.sign_link(artifact.name, artifact.sha256, materials).to_json()
    return ArtifactReport(
        name=artifact.name,
        status=artifact.status,
        attestation=link,
        sha256=artifact.sha256,
        size=artifact.size,
    )
