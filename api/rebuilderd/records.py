# SPDX-License-Identifier: GPL-3.0-or-later
"""Ledger rows as rebuilderd's v1 objects.

Members may be added, never dropped or given another type: Rust clients refuse a whole list
for one record that lacks a member. Times carry no zone letter for the same reason.
"""

from __future__ import annotations

from typing import Any

from api.public_url import public_url
from snapshot.digest import Digest
from snapshot.verdict import Status
from snapshot.wire import (
    Derivation,
    ExpectedArtifact,
    Job,
    JobArtifact,
    JobAssignment,
    JobExtension,
    naive_time,
)
from storage.ledger.records import (
    Artifact,
    BinaryPackage,
    Build,
    BuildArtifact,
    Claim,
    QueuedJob,
    ResultPage,
    SourcePackage,
    Target,
    Worker,
)


def page_json(page: ResultPage[Any], records: list[dict[str, Any]]) -> dict[str, Any]:
    """One page of a list; `total` counts what the filters leave, on all pages."""
    return {"total": page.total, "records": records}


def time_or_null(epoch: float | None) -> str | None:
    """A time, or null."""
    return None if epoch is None else naive_time(epoch)


def status_or_null(status: Status | None) -> str | None:
    """A status in the wire's spelling, or null."""
    return None if status is None else status.wire


def worker_json(worker: Worker, now: float) -> dict[str, Any]:
    """A `Worker`. Whether it is online is computed: the peer's flag never goes back."""
    online = worker.online(now)
    return {
        "id": worker.id,
        "name": worker.name,
        "address": worker.address,
        "status": worker.status,
        "last_ping": naive_time(worker.last_ping),
        "is_online": online,
    }


def build_json(build: Build) -> dict[str, Any]:
    """A `Rebuild`; the reason of a FAIL is our addition."""
    return {
        "id": build.id,
        "name": build.name,
        "version": build.version,
        "distribution": build.distribution,
        "release": build.release,
        "architecture": build.architecture,
        "backend": build.backend,
        "retries": build.retries,
        "started_at": time_or_null(build.started_at),
        "built_at": naive_time(build.built_at),
        "status": build.verdict.status.wire,
        "reason": build.verdict.reason.value if build.verdict.reason else None,
    }


def artifact_json(artifact: BuildArtifact) -> dict[str, Any]:
    """A `RebuildArtifact`; the digests are our addition."""
    return {
        "id": artifact.id,
        "name": artifact.name,
        "has_diffoscope": artifact.diffoscope is not None,
        "has_attestation": artifact.attestation is not None,
        "status": artifact.status.wire,
        "file_name": artifact.file_name,
        "sha256": artifact.sha256.hex if artifact.sha256 else None,
        "original_sha256": artifact.original.hex if artifact.original else None,
    }


def source_json(package: SourcePackage) -> dict[str, Any]:
    """A `SourcePackage`."""
    return {
        "id": package.id,
        "name": package.name,
        "version": package.version,
        "distribution": package.distribution,
        "release": package.release,
        "status": status_or_null(package.status),
        "build_id": package.build_id,
        "last_seen": naive_time(package.last_seen),
        "seen_in_last_sync": package.seen_in_last_sync,
    }


def binary_json(package: BinaryPackage, *, voting_client: bool) -> dict[str, Any]:
    """A `BinaryPackage`.

    Args:
        package: The row.
        voting_client: The client fetches an attestation for every record that has an
            `artifact_id` and throws everything away when one is missing (repro-threshold):
            it gets the id only where there is an attestation.
    """
    hidden = voting_client and package.attestation_id is None
    return {
        "id": package.id,
        "name": package.name,
        "version": package.version,
        "distribution": package.distribution,
        "release": package.release,
        "component": package.component,
        "architecture": package.architecture,
        "url": package.url or file_url(package.sha256, package.file_name),
        "status": status_or_null(package.status),
        "build_id": package.build_id,
        "artifact_id": None if hidden else package.artifact_id,
        "diffoscope_log_id": package.diffoscope_id,
        "attestation_log_id": package.attestation_id,
        "last_seen": naive_time(package.last_seen),
        "seen_in_last_sync": package.seen_in_last_sync,
    }


def file_url(digest: Digest | None, name: str, *, base: str | None = None) -> str:
    """Where this server serves a file; the last segment is its exact name.

    Args:
        digest: None when nobody knows it: such an address answers 404, and says why.
        name: File name.
        base: Address of this server; the request's own if None.
    """
    return f"{public_url() if base is None else base}/file/{digest or 'unknown'}/{name}"


def wire_job(job: QueuedJob, *, handed_out: bool = False) -> Job:
    """A `QueuedJob`.

    Args:
        job: The row.
        handed_out: It is being given to a worker right now: rebuilderd still says that it
            was not started then.
    """
    return Job(
        id=job.id,
        name=job.name,
        version=job.version,
        distribution=job.distribution,
        release=job.release,
        architecture=job.architecture,
        backend=job.backend,
        url=job.input_url or file_url(job.input_digest, job.input_name),
        next_retry=job.next_retry,
        priority=job.priority,
        queued_at=job.queued_at,
        started_at=None if handed_out else job.started_at,
    )


def assignment(claim: Claim, *, extended: bool, timeout: int) -> JobAssignment:
    """The answer to a pop.

    Args:
        claim: What the worker got.
        extended: Whether it speaks our extension.
        timeout: Wall seconds for the build.
    """
    return JobAssignment(
        job=wire_job(claim.job, handed_out=True),
        artifacts=tuple(wire_artifact(artifact) for artifact in claim.artifacts),
        extension=_extension(claim, timeout) if extended else None,
    )


def wire_artifact(artifact: Artifact) -> JobArtifact:
    """One original of a job."""
    return JobArtifact(
        name=artifact.name,
        version=artifact.version,
        architecture=artifact.architecture,
        url=artifact.url or file_url(artifact.sha256, artifact.file_name),
    )


def _extension(claim: Claim, timeout: int) -> JobExtension:
    target = claim.target
    return JobExtension(
        kind=environment_kind(target),
        target=target.kind,
        lease=claim.lease.token,
        environment=target.environment,
        build=target.build,
        derive=Derivation(target.derive.archive, target.derive.timestamp, target.derive.suites)
        if target.derive
        else None,
        expect=tuple(
            ExpectedArtifact(artifact.file_name, artifact.sha256, artifact.size or 0)
            for artifact in claim.artifacts
            if artifact.sha256 is not None
        ),
        timeout=timeout,
    )


def environment_kind(target: Target) -> str:
    """Kind of environment that a target is built in: `deb`, `arch` or `rpm`."""
    return {"archlinux": "arch", "fedora": "rpm"}.get(target.backend, "deb")
