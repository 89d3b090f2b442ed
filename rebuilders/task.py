# SPDX-License-Identifier: GPL-3.0-or-later
"""What travels through the stages of a rebuild on the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from snapshot.digest import Digest
from snapshot.environment import Environment
from snapshot.verdict import Reason, Status, Strategy
from snapshot.wire import ExpectedArtifact, JobAssignment

if TYPE_CHECKING:
    from rebuilders.capture_log import BoundedLog
    from rebuilders.download_cache import DownloadCache
    from rebuilders.measure_phases import Phases
    from rebuilders.server_connection import ServerConnection


@dataclass(frozen=True, slots=True)
class Task:
    """A job whose input is here.

    Attributes:
        assignment: As the server gave it.
        kind: Which rebuilder it goes to.
        input_path: The build record or source description.
        input_name: Its file name; the material of a link.
        input_digest: Its digest.
        expect: The originals by digest.
        timeout: Seconds for one build.
    """

    assignment: JobAssignment
    kind: str
    input_path: Path
    input_name: str
    input_digest: Digest
    expect: tuple[ExpectedArtifact, ...]
    timeout: float

    @property
    def job_id(self) -> int:
        """Number of the job at the server."""
        return self.assignment.job.id


@dataclass(frozen=True, slots=True)
class Bench:
    """What a stage may use.

    Attributes:
        server: The way to the server.
        cache: Files by digest.
        folder: The job's own directory for logs and reports.
        log: Takes what programs print.
        phases: The clock.
        using: Closed when the attempt is over: trees and locks end with it.
        stop: True when the worker ends at once.
        on_disk: Build on disk although there is room in memory.
    """

    server: ServerConnection
    cache: DownloadCache
    folder: Path
    log: BoundedLog
    phases: Phases
    using: ExitStack
    stop: Callable[[], bool]
    on_disk: bool = False


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What a build left: plain files that are safe to read.

    Attributes:
        files: By file name.
        exit_code: Of the build.
        strategy: How it was built.
        reason: Why there may be nothing; None when the build ended well.
        detail: One line about the reason.
        environment: The set it was built in; None where there is no such thing.
    """

    files: Mapping[str, Path]
    exit_code: int
    strategy: Strategy
    reason: Reason | None = None
    detail: str = ""
    environment: Environment | None = None


@dataclass(frozen=True, slots=True)
class ArtifactOutcome:
    """One artifact, compared.

    Attributes:
        name: File name.
        status: GOOD, BAD, or UNKNOWN when it could not be compared.
        sha256: Of what was built; None if nothing was.
        size: Bytes of what was built.
        path: What was built.
        original: Digest of the original.
    """

    name: str
    status: Status
    original: Digest
    sha256: Digest | None = None
    size: int | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file for people and auditors, to be kept by the server.

    Attributes:
        kind: As the wire names it (`log`, `diffoscope-text` …).
        name: The artifact it belongs to, or its own file name; may be empty.
        path: The file.
    """

    kind: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tool did: one attempt, before anybody judges it.

    Attributes:
        status: GOOD, BAD or FAIL in the worker's own view.
        reason: Set for FAIL.
        detail: One line for people.
        artifacts: One per original.
        strategy: How it was built.
        environment: Id of the set it was built in.
        evidence: Files to be kept.
    """

    status: Status
    reason: Reason | None = None
    detail: str = ""
    artifacts: tuple[ArtifactOutcome, ...] = ()
    strategy: Strategy = field(default_factory=Strategy)
    environment: Digest | None = None
    evidence: tuple[Evidence, ...] = ()
