# SPDX-License-Identifier: GPL-3.0-or-later
"""`/api/dejabuild/v1/targets` and `/attempts`: where a target is, and what supports its verdict."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from api.encode_response import json_response
from api.public_url import public_url
from api.rebuild_services import current_rebuild
from api.rebuilderd.records import status_or_null, time_or_null
from api.refuse_removed import refuse_removed
from api.send_evidence import JSON, TEXT, send_evidence
from snapshot.errors import NotFound
from snapshot.wire import naive_time
from storage.ledger.records import Build, BuildArtifact, Evidence, QueuedJob, Target
from storage.ledger.values import OPEN_STATES, JobState

_TYPES = {
    "diffoscope-html": "text/html; charset=utf-8",
    "diffoscope-json": JSON,
    "artifact": "application/octet-stream",
}


def get_target(target_id: int) -> Response:
    """State, verdict and attempts of one target."""
    ledger = current_rebuild().ledger
    target = ledger.targets.get(target_id)
    jobs = ledger.queue.of_target(target_id)
    builds = ledger.builds.of_target(target_id)
    value = target_json(target, jobs)
    value["attempts"] = [attempt_json(build) for build in builds]
    return json_response(value)


def get_attempt(attempt_id: int) -> Response:
    """One attempt with its artifacts and evidence."""
    build = current_rebuild().ledger.builds.get(attempt_id)
    if build is None:
        raise NotFound(f"there is no attempt {attempt_id}")
    return json_response(attempt_json(build))


def evidence_file(attempt_id: int, evidence_id: int) -> Response:
    """One piece of evidence, as its worker sent it."""
    services = current_rebuild()
    for item in services.ledger.attempts.evidence(attempt_id):
        if item.id == evidence_id:
            refuse_removed(item.content_digest)
            page = item.kind == "diffoscope-html"
            content_type = _TYPES.get(item.kind, TEXT)
            return send_evidence(services.blobs, item, content_type=content_type, sandbox=page)
    raise NotFound(f"attempt {attempt_id} has no evidence {evidence_id}")


def target_json(target: Target, jobs: tuple[QueuedJob, ...]) -> dict[str, Any]:
    """A target: what it is, where it is, its newest verdict."""
    open_jobs = [job for job in jobs if job.state in OPEN_STATES]
    return {
        "id": target.id,
        "kind": target.kind,
        "distribution": target.distribution,
        "source": target.source,
        "version": target.version,
        "architecture": target.architecture,
        "releases": list(target.releases),
        "input": {
            "name": target.input_name,
            "sha256": target.input_digest.hex if target.input_digest else None,
        },
        "environment": target.environment.hex if target.environment else None,
        "state": _state(target, open_jobs),
        "status": status_or_null(target.status),
        "reason": target.reason.value if target.reason else None,
        "newest_attempt": target.newest_attempt,
        "jobs": [
            {
                "id": job.id,
                "state": job.state.value,
                "next_retry": time_or_null(job.next_retry),
                "started_at": time_or_null(job.started_at),
            }
            for job in open_jobs
        ],
        "url": public_url()
        + url_for("pages.package", distribution=target.distribution, source=target.source),
    }


def _state(target: Target, open_jobs: list[QueuedJob]) -> str:
    """`running`, `queued`, `waiting`, `done` (it has a verdict) or `idle`.

    A verdict stands while a retry waits for its day: then it is `done`, and `jobs` says when
    it will be tried again.
    """
    states = {job.state for job in open_jobs}
    for state in (JobState.RUNNING, JobState.QUEUED):
        if state in states:
            return state.value
    if target.newest_attempt is not None:
        return "done"
    return JobState.WAITING.value if states else "idle"


def attempt_json(build: Build) -> dict[str, Any]:
    """An attempt: verdict, digests, environment, phases, evidence."""
    ledger = current_rebuild().ledger
    verdict = build.verdict
    return {
        "id": build.id,
        "job": build.job_id,
        "status": verdict.status.wire,
        "reason": verdict.reason.value if verdict.reason else None,
        "detail": verdict.detail,
        "reported": verdict.reported,
        "started_at": time_or_null(build.started_at),
        "built_at": naive_time(build.built_at),
        "late": build.late,
        "environment": build.environment.hex if build.environment else None,
        "strategy": {"name": build.strategy.name, "added": list(build.strategy.added)},
        "phases": dict(build.phases),
        "artifacts": [_artifact(artifact) for artifact in ledger.builds.artifacts(build.id)],
        "evidence": [_evidence(build, item) for item in ledger.attempts.evidence(build.id)],
        "url": public_url() + url_for("pages.attempt", attempt_id=build.id),
        "log": f"{public_url()}/api/v1/builds/{build.id}/log",
    }


def _artifact(artifact: BuildArtifact) -> dict[str, Any]:
    path = f"/api/v1/builds/{artifact.attempt_id}/artifacts/{artifact.id}"
    return {
        "name": artifact.name,
        "file_name": artifact.file_name,
        "status": artifact.status.wire,
        "sha256": artifact.sha256.hex if artifact.sha256 else None,
        "size": artifact.size,
        "original_sha256": artifact.original.hex if artifact.original else None,
        "origin": artifact.origin.value if artifact.origin else None,
        "detail": artifact.detail,
        "attestation": f"{public_url()}{path}/attestation" if artifact.attestation else None,
        "diffoscope": f"{public_url()}{path}/diffoscope" if artifact.diffoscope else None,
    }


def _evidence(build: Build, item: Evidence) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "name": item.name,
        "sha256": item.content_digest.hex,
        "url": public_url()
        + url_for("dejabuild.evidence_file", attempt_id=build.id, evidence_id=item.id),
    }
