# SPDX-License-Identifier: GPL-3.0-or-later
"""Reporting an attempt: `POST /api/v1/builds`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from snapshot.digest import Digest
from snapshot.verdict import Reason, Status
from snapshot.wire.fields import Fields, naive_time
from snapshot.wire.jobs import EXTENSION


@dataclass(frozen=True, slots=True)
class ArtifactReport:
    """What a worker says about one artifact.

    Attributes:
        name: Binary package name from a stock worker; file name from ours.
        status: The worker's own view; never trusted alone.
        diffoscope: Its text, plain or zstd; None if there is none.
        attestation: The signed link, plain or zstd; None if there is none.
        sha256: Digest of what was built; only ours sends it.
        size: Bytes of what was built; only ours sends it.
    """

    name: str
    status: Status
    diffoscope: bytes | None = None
    attestation: bytes | None = None
    sha256: Digest | None = None
    size: int | None = None

    def to_json(self) -> dict[str, Any]:
        """One member of `artifacts`."""
        value: dict[str, Any] = {
            "name": self.name,
            "diffoscope": _bytes(self.diffoscope),
            "attestation": _bytes(self.attestation),
            "status": self.status.wire,
        }
        if self.sha256 is not None:
            value["sha256"] = self.sha256.hex
            value["size"] = self.size
        return value

    @classmethod
    def from_fields(cls, fields: Fields) -> ArtifactReport:
        """Read one member of `artifacts`."""
        digest = fields.digest("sha256") if fields.optional_text("sha256") else None
        return cls(
            name=fields.text("name"),
            status=fields.checked("status", Status.from_wire),
            diffoscope=fields.blob("diffoscope"),
            attestation=fields.blob("attestation"),
            sha256=digest,
            size=fields.size("size") if digest else None,
        )


@dataclass(frozen=True, slots=True)
class EvidenceReference:
    """Something uploaded before the report.

    Attributes:
        kind: `log`, `diffoscope-text`, `diffoscope-html`, `diffoscope-json`, `artifact`,
            `buildinfo` or `environment-difference`.
        name: Artifact it belongs to, or the file's own name.
        sha256: Digest of the decoded bytes.
    """

    kind: str
    name: str
    sha256: Digest


@dataclass(frozen=True, slots=True)
class ReportExtension:
    """What our worker adds to a report.

    Attributes:
        lease: Token from the job.
        reason: Why it could not be judged; None when it was built.
        detail: One line for people.
        environment: Id of the environment that was used.
        strategy: Name of the strategy that was used.
        added: What the strategy added, as `name=version`.
        phases: Seconds per phase, in order.
        evidence: Uploads that belong to this attempt.
        worker_version: Of the worker program.
    """

    lease: str
    reason: Reason | None = None
    detail: str = ""
    environment: Digest | None = None
    strategy: str = "strict"
    added: tuple[str, ...] = ()
    phases: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[EvidenceReference, ...] = ()
    worker_version: str = ""

    def to_json(self) -> dict[str, Any]:
        """The extension member of a report."""
        return {
            "lease": self.lease,
            "reason": self.reason.value if self.reason else None,
            "detail": self.detail,
            "environment": self.environment.hex if self.environment else None,
            "strategy": self.strategy,
            "added": list(self.added),
            "phases": dict(self.phases),
            "evidence": [
                {"kind": e.kind, "name": e.name, "sha256": e.sha256.hex} for e in self.evidence
            ],
            "worker_version": self.worker_version,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> ReportExtension:
        """Read the extension member; an unknown reason reads as `compare-error`."""
        # A newer worker may know reasons that this server does not: its report is
        # still evidence, and FAIL is the only honest reading.
        word = fields.optional_text("reason")
        known = {reason.value: reason for reason in Reason}
        return cls(
            lease=fields.text("lease"),
            reason=None if word is None else known.get(word, Reason.COMPARE_ERROR),
            detail=(fields.optional_text("detail") or "")[:2000],
            environment=fields.digest("environment")
            if fields.optional_text("environment")
            else None,
            strategy=fields.optional_text("strategy") or "strict",
            added=fields.texts("added"),
            phases=fields.seconds("phases"),
            evidence=tuple(
                EvidenceReference(e.text("kind"), e.text("name"), e.digest("sha256"))
                for e in fields.objects("evidence")
            ),
            worker_version=fields.optional_text("worker_version") or "",
        )


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """One finished try.

    Attributes:
        queue_id: Job id.
        built_at: Seconds since 1970, UTC.
        build_log: Plain or zstd; empty when the log was uploaded as evidence.
        status: The worker's own view.
        artifacts: One per original.
        extension: What ours adds.
    """

    queue_id: int
    built_at: float
    build_log: bytes
    status: Status
    artifacts: tuple[ArtifactReport, ...]
    extension: ReportExtension | None = None

    def to_json(self) -> dict[str, Any]:
        """The request body."""
        value: dict[str, Any] = {
            "queue_id": self.queue_id,
            "built_at": naive_time(self.built_at),
            "build_log": list(self.build_log),
            "status": self.status.wire,
            "artifacts": [artifact.to_json() for artifact in self.artifacts],
        }
        if self.extension is not None:
            value[EXTENSION] = self.extension.to_json()
        return value

    @classmethod
    def from_json(cls, value: Any) -> RebuildReport:
        """Read a request body."""
        fields = Fields(value)
        extension = fields.optional_object(EXTENSION)
        return cls(
            queue_id=fields.integer("queue_id"),
            built_at=fields.time("built_at"),
            build_log=fields.blob("build_log") or b"",
            status=fields.checked("status", Status.from_wire),
            artifacts=tuple(ArtifactReport.from_fields(a) for a in fields.objects("artifacts")),
            extension=ReportExtension.from_fields(extension) if extension else None,
        )


def _bytes(data: bytes | None) -> list[int] | None:
    return None if data is None else list(data)
