# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking for work and getting it: `POST /api/v1/queue/pop`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from snapshot.digest import Digest
from snapshot.wire.fields import Fields, naive_time

#: The one member by which both sides of ours find each other.
EXTENSION = "dejabuild"


@dataclass(frozen=True, slots=True)
class PopRequest:
    """What a worker can do.

    Attributes:
        supported_backends: Such as `debian`; matched against the job's backend.
        supported_architectures: As the worker names them; `*` means any.
        architecture: The worker's own; recorded, never used to choose.
        tags: Capability tags; only ours sends them.
        extended: Whether the worker speaks our extension.
    """

    supported_backends: tuple[str, ...]
    supported_architectures: tuple[str, ...]
    architecture: str
    tags: tuple[str, ...] = ()
    extended: bool = False

    def to_json(self) -> dict[str, Any]:
        """The request body."""
        value: dict[str, Any] = {
            "supported_backends": list(self.supported_backends),
            "architecture": self.architecture,
            "supported_architectures": list(self.supported_architectures),
        }
        if self.extended:
            value[EXTENSION] = {"version": 1, "tags": list(self.tags)}
        return value

    @classmethod
    def from_json(cls, value: Any) -> PopRequest:
        """Read a request body."""
        fields = Fields(value)
        extension = fields.optional_object(EXTENSION)
        return cls(
            supported_backends=fields.texts("supported_backends"),
            supported_architectures=fields.texts("supported_architectures"),
            architecture=fields.text("architecture"),
            tags=extension.texts("tags") if extension else (),
            extended=extension is not None,
        )


@dataclass(frozen=True, slots=True)
class JobArtifact:
    """An original to compare with.

    Attributes:
        name: Binary package name.
        version: Its version.
        architecture: Its architecture.
        url: Where its bytes are; the last segment is the exact file name.
    """

    name: str
    version: str
    architecture: str
    url: str

    def to_json(self) -> dict[str, Any]:
        """One member of `artifacts`."""
        return {
            "name": self.name,
            "version": self.version,
            "architecture": self.architecture,
            "url": self.url,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> JobArtifact:
        """Read one member of `artifacts`."""
        return cls(
            fields.text("name"),
            fields.text("version"),
            fields.text("architecture"),
            fields.text("url"),
        )


@dataclass(frozen=True, slots=True)
class ExpectedArtifact:
    """What the rebuild must reproduce, by digest; the bytes may not be mirrored.

    Attributes:
        name: File name.
        sha256: Digest of the original.
        size: Bytes.
    """

    name: str
    sha256: Digest
    size: int


@dataclass(frozen=True, slots=True)
class Derivation:
    """Where a worker resolves an environment when there is no build record.

    Attributes:
        archive: Our archive name.
        timestamp: Stamp of the run, as text.
        suites: Pairs of suite and component, in the order of the sources list.
    """

    archive: str
    timestamp: str
    suites: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class JobExtension:
    """What our worker learns beyond rebuilderd's job.

    Attributes:
        kind: Kind of environment: `deb`, `arch`, `rpm`.
        target: `buildinfo` (the input is a build record) or `source` (a `.dsc`).
        lease: Token that the report must carry.
        environment: Id of the environment, when the server could resolve it.
        build: `any`, `all` or `any,all`.
        derive: Set for `source` targets.
        expect: The originals by digest.
        timeout: Wall seconds for the build.
        strategies: Names to try in order; empty means the worker's own ladder.
    """

    kind: str
    target: str
    lease: str
    environment: Digest | None
    build: str
    derive: Derivation | None
    expect: tuple[ExpectedArtifact, ...]
    timeout: int
    strategies: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The extension member of a job."""
        derive = self.derive
        return {
            "kind": self.kind,
            "target": self.target,
            "lease": self.lease,
            "environment": self.environment.hex if self.environment else None,
            "build": self.build,
            "derive": None
            if derive is None
            else {
                "archive": derive.archive,
                "timestamp": derive.timestamp,
                "suites": [{"suite": s, "component": c} for s, c in derive.suites],
            },
            "expect": [
                {"name": e.name, "sha256": e.sha256.hex, "size": e.size} for e in self.expect
            ],
            "timeout": self.timeout,
            "strategies": list(self.strategies),
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> JobExtension:
        """Read the extension member of a job."""
        return cls(
            kind=fields.text("kind"),
            target=fields.text("target"),
            lease=fields.text("lease"),
            environment=fields.digest("environment")
            if fields.optional_text("environment")
            else None,
            build=fields.text("build"),
            derive=_derivation(fields.optional_object("derive")),
            expect=tuple(
                ExpectedArtifact(e.text("name"), e.digest("sha256"), e.size("size"))
                for e in fields.objects("expect")
            ),
            timeout=fields.integer("timeout"),
            strategies=fields.texts("strategies"),
        )


def _derivation(fields: Fields | None) -> Derivation | None:
    if fields is None:
        return None
    suites = tuple(
        (pair.text("suite"), pair.text("component")) for pair in fields.objects("suites")
    )
    return Derivation(fields.text("archive"), fields.text("timestamp"), suites)


@dataclass(frozen=True, slots=True)
class Job:
    """A queued job as every route shows it (rebuilderd's `QueuedJob`, 12 members).

    Times are seconds since 1970, UTC.
    """

    id: int
    name: str
    version: str
    distribution: str
    release: str | None
    architecture: str
    backend: str
    url: str
    next_retry: float | None
    priority: int
    queued_at: float
    started_at: float | None

    def to_json(self) -> dict[str, Any]:
        """The twelve members."""
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "distribution": self.distribution,
            "release": self.release,
            "architecture": self.architecture,
            "backend": self.backend,
            "url": self.url,
            "next_retry": _time(self.next_retry),
            "priority": self.priority,
            "queued_at": naive_time(self.queued_at),
            "started_at": _time(self.started_at),
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Job:
        """Read the twelve members."""
        return cls(
            id=fields.integer("id"),
            name=fields.text("name"),
            version=fields.text("version"),
            distribution=fields.text("distribution"),
            release=fields.optional_text("release"),
            architecture=fields.text("architecture"),
            backend=fields.text("backend"),
            url=fields.text("url"),
            next_retry=fields.optional_time("next_retry"),
            priority=fields.integer("priority"),
            queued_at=fields.time("queued_at"),
            started_at=fields.optional_time("started_at"),
        )


@dataclass(frozen=True, slots=True)
class JobAssignment:
    """The answer to a pop: a job with its originals, or nothing."""

    job: Job
    artifacts: tuple[JobArtifact, ...]
    extension: JobExtension | None = None

    def to_json(self) -> dict[str, Any]:
        """`{"Rebuild": …}`; the extension rides inside `job`."""
        job = self.job.to_json()
        if self.extension is not None:
            job[EXTENSION] = self.extension.to_json()
        return {"Rebuild": {"job": job, "artifacts": [a.to_json() for a in self.artifacts]}}

    @classmethod
    def from_json(cls, value: Any) -> JobAssignment | None:
        """Read an answer; the string `Nothing` is None."""
        if value == "Nothing":
            return None
        fields = Fields(value).object("Rebuild")
        job = fields.object("job")
        extension = job.optional_object(EXTENSION)
        return cls(
            job=Job.from_fields(job),
            artifacts=tuple(JobArtifact.from_fields(a) for a in fields.objects("artifacts")),
            extension=JobExtension.from_fields(extension) if extension else None,
        )


def _time(epoch: float | None) -> str | None:
    return None if epoch is None else naive_time(epoch)
