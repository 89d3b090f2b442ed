# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger is told: targets, jobs, attempts, evidence. Rows come back as `records`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from snapshot.digest import Digest
from snapshot.verdict import Original, Status, Strategy, Verdict

TargetKind = Literal["buildinfo", "source"]

#: rebuilderd's priorities: lower is sooner.
QUEUE_MANUAL = 0
QUEUE_DEFAULT = 1
QUEUE_RETRY = 2


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"  #: may be taken now
    WAITING = "waiting"  #: a retry whose time has not come
    RUNNING = "running"  #: somebody holds a lease
    DONE = "done"  #: an attempt answered it
    DROPPED = "dropped"  #: taken out of the queue


#: States that hold a place in the queue.
OPEN_STATES = (JobState.QUEUED, JobState.WAITING, JobState.RUNNING)


class LeaseState(StrEnum):
    """What became of a claim."""

    ACTIVE = "active"
    REPORTED = "reported"
    EXPIRED = "expired"  #: no ping before the deadline; a late report is still taken, once
    SUPERSEDED = "superseded"  #: the job ended otherwise


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """One file to reproduce.

    Attributes:
        file_name: As in the archive, `hello_2.10-3_amd64.deb`.
        name: Binary package name.
        version: Its own version (it may differ from the source's).
        architecture: Its architecture, `all` included.
        sha256: Digest of the original; None when nobody told us yet.
        size: Bytes; None when unknown.
        url: Where a foreign report says it is; empty when we serve it by digest.
        origin: Where the digest comes from.
        component: In which component the target's release lists it; empty if unknown.
    """

    file_name: str
    name: str
    version: str
    architecture: str
    sha256: Digest | None = None
    size: int | None = None
    url: str = ""
    origin: Original = Original.RECORD
    component: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """The dated suites from which the environment of a `source` target is derived.

    Attributes:
        archive: Our archive name.
        timestamp: Stamp of the run, as text.
        suites: Pairs (suite, component).
    """

    archive: str
    timestamp: str
    suites: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NewTarget:
    """Something to be reproduced.

    Attributes:
        kind: Whether the input is a build record or a `.dsc`.
        distribution: Such as `debian`; also rebuilderd's word for it.
        source: Source package name.
        version: Source version; with `+bN` for a binNMU group.
        architecture: Which worker can build it: `amd64`, `all`, …
        input_name: File name of the record or `.dsc`.
        input_digest: Its SHA-256; None for foreign reports that only name a URL.
        input_url: That URL; empty when we serve the input by digest.
        artifacts: What it should reproduce.
        backend: What a worker's `supported_backends` must name; the distribution's by default.
        build: `any`, `all` or `any,all`.
        environment: Id of the resolved environment, if there is one.
        derive: For `source` targets.
        release: The suite that points here; empty for a posted record.
        tags: Capabilities that a worker must have.
    """

    kind: TargetKind
    distribution: str
    source: str
    version: str
    architecture: str
    input_name: str
    input_digest: Digest | None = None
    input_url: str = ""
    artifacts: tuple[NewArtifact, ...] = ()
    backend: str = ""
    build: str = "any"
    environment: Digest | None = None
    derive: Derived | None = None
    release: str = ""
    tags: frozenset[str] = frozenset()

    @property
    def identity(self) -> Digest:
        """What makes two targets the same, whichever suites point to them.

        A build record names its artifacts itself; a `.dsc` does not, so their digests count.
        """
        parts = [
            self.kind,
            self.distribution,
            self.backend or self.distribution,
            self.source,
            self.version,
            self.architecture,
            self.input_digest.hex if self.input_digest else self.input_url,
        ]
        if self.kind == "source":
            parts.append(self.build)
            parts.extend(
                sorted(f"{a.file_name} {a.sha256 or ''}" for a in self.artifacts),
            )
        return Digest.of("\n".join(parts).encode())

    @property
    def lane(self) -> str:
        """What a worker must be able to do: backend, kind, architecture, tags."""
        return lane(self.backend or self.distribution, self.kind, self.architecture, self.tags)


def lane(backend: str, kind: str, architecture: str, tags: frozenset[str] = frozenset()) -> str:
    """The words of a lane, one blank between; tags are sorted and joined by commas."""
    return f"{backend} {kind} {architecture} {','.join(sorted(tags))}"


@dataclass(frozen=True, slots=True)
class Placement:
    """How targets are put into the queue.

    Attributes:
        priority: Lower is sooner; rebuilderd's manual is 0, its default 1, a retry 2.
        manual: Whether a person asked: such a job survives a sync that no longer sees it.
        replicas: How many different workers shall build it.
        not_before: Seconds since 1970; None means at once.
    """

    priority: int = QUEUE_DEFAULT
    manual: bool = False
    replicas: int = 1
    not_before: float | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """The next place in the queue, when a verdict asks for one.

    Attributes:
        not_before: Seconds since 1970.
        priority: Lower is sooner.
        hurried: Transient failures in a row, including the one that led here.
    """

    not_before: float
    priority: int
    hurried: int


@dataclass(frozen=True, slots=True)
class Ability:
    """What a worker can take.

    Attributes:
        backends: Such as `debian`.
        architectures: Archive words, aliases already expanded; `*` means any.
        kinds: A stock worker builds records only.
        tags: Its capabilities.
    """

    backends: frozenset[str]
    architectures: frozenset[str]
    kinds: frozenset[str] = frozenset({"buildinfo"})
    tags: frozenset[str] = frozenset()

    def takes(self, words: str) -> bool:
        """Whether a worker like this can take jobs of a lane."""
        backend, kind, architecture, tags = words.split(" ", 3)
        return (
            backend in self.backends
            and kind in self.kinds
            and ("*" in self.architectures or architecture in self.architectures)
            and (not tags or set(tags.split(",")) <= self.tags)
        )


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """Something a worker sent, already in the blob store.

    Attributes:
        kind: `log`, `diffoscope-text`, `artifact` …
        name: Artifact it belongs to, or its own file name; empty for a log.
        digest: Of the stored bytes.
        size: Of the stored bytes.
        encoding: `identity` or `zstd`: how the stored bytes are packed.
        content_digest: Of the unpacked bytes.
    """

    kind: str
    name: str
    digest: Digest
    size: int
    encoding: str
    content_digest: Digest


@dataclass(frozen=True, slots=True)
class NewAttestation:
    """A signed link, already in the blob store.

    Attributes:
        product: Digest of the package it speaks of.
        digest: Digest of the link file.
        keyids: Whose signatures it carries, in order.
        confirmed: Whether one of them is this server's.
    """

    product: Digest
    digest: Digest
    keyids: tuple[str, ...]
    confirmed: bool


@dataclass(frozen=True, slots=True)
class JudgedArtifact:
    """One artifact of an attempt, judged.

    Attributes:
        artifact_id: Row of the original; None for something nobody asked for.
        name: Binary package name.
        file_name: File name of the original.
        status: GOOD, BAD, or UNKNOWN when it was not compared.
        sha256: Digest of what was built, when known.
        size: Its bytes, when known.
        detail: One line for people.
        attestation: Its signed link, if there is one.
    """

    artifact_id: int | None
    name: str
    file_name: str
    status: Status
    sha256: Digest | None = None
    size: int | None = None
    detail: str = ""
    attestation: NewAttestation | None = None


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """One try, judged, with all that belongs to it.

    Attributes:
        lease_id: The claim it answers; None for `worker-lost`, which no worker reported.
        job_id: The job.
        built_at: When the worker finished; seconds since 1970.
        received_at: When we got it.
        verdict: As derived by the server.
        reported_status: As the worker said it.
        artifacts: Judged artifacts.
        evidence: New evidence.
        uploads: (kind, name, digest of the content) of what was uploaded before and belongs to
            it; None: all that this worker uploaded for the job and did not report yet.
        environment: Id of the environment that was used.
        strategy: How the environment was made to work.
        phases: Seconds per phase, in order.
        worker_version: Of the worker program.
        retry: The next place in the queue, if the job ends with this attempt.
        counts_as_retry: Whether the target's retry counter moves.
    """

    lease_id: int | None
    job_id: int
    built_at: float
    received_at: float
    verdict: Verdict
    reported_status: Status
    artifacts: tuple[JudgedArtifact, ...] = ()
    evidence: tuple[NewEvidence, ...] = ()
    uploads: frozenset[tuple[str, str, Digest]] | None = None
    environment: Digest | None = None
    strategy: Strategy = field(default_factory=Strategy)
    phases: Mapping[str, float] = field(default_factory=dict)
    worker_version: str = ""
    retry: Retry | None = None
    counts_as_retry: bool = False
