# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger answers: frozen rows. Times are seconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from snapshot.digest import Digest
from snapshot.verdict import Original, Reason, Status, Strategy, Verdict
from storage.ledger.values import Derived, JobState, LeaseState, TargetKind

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Worker:
    """A registered worker.

    Attributes:
        key: Base64 of its raw Ed25519 public key.
        status: Free text of the wire, `working hard on hello 2.10-3`.
    """

    id: int
    key: str
    name: str
    address: str
    status: str | None
    registered_at: float
    last_ping: float

    def online(self, now: float, deadline: float = 540.0) -> bool:
        """Whether it was heard within `deadline` seconds."""
        return now - self.last_ping <= deadline


@dataclass(frozen=True, slots=True)
class Artifact:
    """An original. See `values.NewArtifact`."""

    id: int
    target_id: int
    file_name: str
    name: str
    version: str
    architecture: str
    sha256: Digest | None
    size: int | None
    url: str
    origin: Original


@dataclass(frozen=True, slots=True)
class Target:
    """A target with its newest verdict. See `values.NewTarget`.

    Attributes:
        releases: Suites that point to it, in the order they were first seen.
        retries: BAD and FAIL attempts so far; never reset.
        newest_attempt: Id; None if it was never tried.
    """

    id: int
    identity: Digest
    kind: TargetKind
    distribution: str
    source: str
    version: str
    architecture: str
    backend: str
    build: str
    input_name: str
    input_digest: Digest | None
    input_url: str
    environment: Digest | None
    derive: Derived | None
    tags: frozenset[str]
    created_at: float
    retries: int
    newest_attempt: int | None
    status: Status | None
    reason: Reason | None
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as the queue shows it, with the names of its target.

    Attributes:
        release: First suite that points to the target; None if none does.
        next_retry: Not before this time; None if it never had to wait.
        started_at: When it was last claimed; None while nobody holds it.
    """

    id: int
    target_id: int
    name: str
    version: str
    distribution: str
    release: str | None
    architecture: str
    backend: str
    kind: TargetKind
    input_name: str
    input_digest: Digest | None
    input_url: str
    state: JobState
    priority: int
    replica: int
    manual: bool
    queued_at: float
    next_retry: float | None
    started_at: float | None
    closed_at: float | None
    worker_id: int | None
    leases: int
    hurried: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's claim."""

    id: int
    job_id: int
    worker_id: int
    token: str
    claimed_at: float
    last_ping: float
    deadline: float
    state: LeaseState


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker got: everything the answer to a pop needs."""

    lease: Lease
    job: QueuedJob
    target: Target
    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True)
class Build:
    """An attempt as rebuilderd lists it (`Rebuild`), with our verdict.

    Attributes:
        id: Attempt id, the wire's build id.
        retries: The target's counter now, as rebuilderd shows it.
    """

    id: int
    job_id: int
    target_id: int
    worker_id: int | None
    name: str
    version: str
    distribution: str
    release: str | None
    architecture: str
    backend: str
    retries: int
    started_at: float | None
    built_at: float
    received_at: float
    late: bool
    verdict: Verdict
    reported_status: Status
    environment: Digest | None
    strategy: Strategy
    phases: Mapping[str, float]
    worker_version: str


@dataclass(frozen=True, slots=True)
class Attestation:
    """Where a signed link is. See `values.NewAttestation`."""

    id: int
    product: Digest
    digest: Digest
    keyids: tuple[str, ...]
    confirmed: bool
    made_at: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where something that a worker sent is. See `values.NewEvidence`."""

    id: int
    job_id: int
    attempt_id: int | None
    worker_id: int | None
    kind: str
    name: str
    digest: Digest
    size: int
    encoding: str
    content_digest: Digest
    received_at: float


@dataclass(frozen=True, slots=True)
class BuildArtifact:
    """A judged artifact of an attempt, with what belongs to it.

    Attributes:
        id: The wire's artifact id.
        original: Digest to compare with; None if nobody knew it.
        origin: Where that digest came from; None for an unasked artifact.
        diffoscope: Its text, if it was sent.
    """

    id: int
    attempt_id: int
    name: str
    file_name: str
    status: Status
    sha256: Digest | None
    size: int | None
    detail: str
    original: Digest | None
    origin: Original | None
    attestation: Attestation | None
    diffoscope: Evidence | None


@dataclass(frozen=True, slots=True)
class SourcePackage:
    """rebuilderd's source package: one release's pointer to a target.

    Attributes:
        id: Of the pointer, not of the target.
        build_id: Newest attempt.
    """

    id: int
    target_id: int
    name: str
    version: str
    distribution: str
    release: str | None
    architecture: str
    status: Status | None
    reason: Reason | None
    build_id: int | None
    last_seen: float
    seen_in_last_sync: bool


@dataclass(frozen=True, slots=True)
class BinaryPackage:
    """rebuilderd's binary package: one file in one release and component.

    Attributes:
        source: Its source package.
        url: As reported; empty when we serve it by digest.
        sha256: Digest of the original, when known.
        artifact_id: Judged artifact of the newest attempt; None after a FAIL.
        diffoscope_id: Evidence row, or None.
        attestation_id: Attestation row, or None.
        built_at: When the newest attempt was built.
    """

    id: int
    target_id: int
    source: str
    name: str
    version: str
    distribution: str
    release: str | None
    component: str | None
    architecture: str
    file_name: str
    url: str
    sha256: Digest | None
    status: Status | None
    build_id: int | None
    artifact_id: int | None
    diffoscope_id: int | None
    attestation_id: int | None
    built_at: float | None
    last_seen: float
    seen_in_last_sync: bool


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Counts. Rebuilds count targets that a last sync saw, or that were posted by hand."""

    good: int
    bad: int
    fail: int
    unknown: int
    running: int
    available: int
    pending: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """A set of targets with one purpose.

    Attributes:
        selection: JSON text: how the targets were chosen.
    """

    id: int
    name: str
    selection: str
    priority: int
    replicas: int
    created_at: float
    targets: int


@dataclass(frozen=True, slots=True)
class CampaignCounts:
    """Where a campaign's targets are.

    Attributes:
        finished: Attempts received so far, with the time of the first and the last of them:
            the source of rate and ETA.
    """

    targets: int
    by_status: Mapping[Status, int]
    by_reason: Mapping[Reason, int]
    running: int
    queued: int
    waiting: int
    finished: int
    first_finished: float | None
    last_finished: float | None


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[Record]):
    """One page of a list.

    Attributes:
        total: Records that the filters leave, on all pages.
    """

    total: int
    records: tuple[Record, ...]
