# SPDX-License-Identifier: GPL-3.0-or-later
"""The conductor of a rebuild: obtain, attempt, compare, explain. Only calls stages in order.

A package that does not rebuild is an outcome. Strategies are tried until one gives GOOD; what
differs on memory's file system is built again on disk before it counts, since the order of a
directory differs between the two and packages embed it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from rebuilders.capture_log import DEFAULT_LIMIT, BoundedLog
from rebuilders.compare import compare, describe
from rebuilders.diffoscope import Diffoscope
from rebuilders.download_cache import DownloadCache
from rebuilders.failure import Interrupted, NotApplicable, RebuildFailure
from rebuilders.measure_phases import Phases
from rebuilders.obtain_input import obtain_input
from rebuilders.registry import Rebuilder, Registry
from rebuilders.server_connection import ServerConnection
from rebuilders.task import ArtifactOutcome, Bench, Evidence, LeftBehind, Outcome, Task
from snapshot.digest import Digest
from snapshot.errors import DejabuildError, NotFound, StorageFull, TransientError, VerificationError
from snapshot.verdict import Reason, Status
from snapshot.wire import JobAssignment

_RANK = {Status.GOOD: 0, Status.BAD: 1, Status.FAIL: 2, Status.UNKNOWN: 3}


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker rebuilds with.

    Attributes:
        server: The way to the server.
        registry: The rebuilders.
        cache: Files by digest.
        diffoscope: How differences are explained.
        log_limit: Bytes of a build log that are kept.
        clock: Monotonic seconds.
        stop: True when the worker ends at once.
    """

    server: ServerConnection
    registry: Registry
    cache: DownloadCache
    diffoscope: Diffoscope = field(default_factory=Diffoscope)
    log_limit: int = DEFAULT_LIMIT
    clock: Callable[[], float] = time.monotonic
    stop: Callable[[], bool] = lambda: False


def rebuild_once(
    assignment: JobAssignment, tools: Tools, folder: Path, phases: Phases
) -> tuple[Outcome, Task | None]:
    """Rebuild one job, in as many ways as it takes.

    Args:
        assignment: The job.
        tools: What to do it with.
        folder: An empty directory; the evidence lies in it afterwards.
        phases: The clock.

    Returns:
        The outcome, and the task unless its input could not be had.

    Raises:
        Interrupted: The worker is asked to end at once.
    """
    log_path = folder / "build.log"
    task: Task | None = None
    with BoundedLog(log_path, tools.log_limit) as log:
        try:
            with phases.measure("obtain"):
                task = obtain_input(assignment, tools.server, folder)
            rebuilder = tools.registry.find(assignment.job.backend)
            rebuilder.accepts(task)
            outcome = _Rebuild(task, rebuilder, tools, log, phases).try_strategies(folder)
        except (DejabuildError, OSError) as error:
            outcome = failed(error, folder)
            log.note(f"{outcome.reason}: {outcome.detail}")
    evidence = (Evidence("log", "", log_path), *outcome.evidence)
    return replace(outcome, evidence=evidence), task


def failed(error: Exception, folder: Path) -> Outcome:
    """The outcome of a stage that could not go on.

    Raises:
        Interrupted: That is not an outcome; it is raised again.
    """
    if isinstance(error, Interrupted):
        raise error
    if isinstance(error, RebuildFailure):
        evidence: tuple[Evidence, ...] = ()
        if error.evidence:
            path = folder / "difference.txt"
            path.write_text(error.evidence, "utf-8")
            evidence = (Evidence("environment-difference", "", path),)
        return Outcome(Status.FAIL, error.reason, error.detail, evidence=evidence)
    full = isinstance(error, StorageFull) or getattr(error, "errno", None) in (28, 122)
    reason = Reason.DISK_FULL if full else Reason.ENVIRONMENT_SETUP
    return Outcome(Status.FAIL, reason, str(error).splitlines()[0][:500])


@dataclass(frozen=True, slots=True)
class _Rebuild:
    """One job in the hands of one rebuilder."""

    task: Task
    rebuilder: Rebuilder
    tools: Tools
    log: BoundedLog
    phases: Phases

    def try_strategies(self, folder: Path) -> Outcome:
        """The best outcome, in the order of the strategies."""
        best: Outcome | None = None
        useless = []
        for number, strategy in enumerate(self.rebuilder.strategies(self.task)):
            place = folder / f"attempt-{number}"
            place.mkdir()
            self.log.note(f"strategy {strategy}")
            try:
                outcome = self._confirmed(strategy, place)
            except NotApplicable as error:
                self.log.note(f"not applicable: {error.message}")
                useless.append(f"{strategy}: {error.message}")
                continue
            if best is None or _RANK[outcome.status] < _RANK[best.status]:
                best = outcome
            if best.status is Status.GOOD:
                break
        if best is None:
            return Outcome(Status.FAIL, Reason.UNSUPPORTED, "; ".join(useless)[:500])
        return best

    def _confirmed(self, strategy: str, place: Path) -> Outcome:
        """One strategy; a BAD found in memory stands only if disk agrees."""
        in_memory = self.rebuilder.works_in_memory
        outcome = self._attempt(strategy, place, on_disk=not in_memory)
        full = outcome.reason in {Reason.DISK_FULL, Reason.OUT_OF_MEMORY}
        if in_memory and (outcome.status is Status.BAD or full):
            self.log.note(f"{outcome.status} {outcome.detail}: once more, on disk")
            again = place / "on-disk"
            again.mkdir()
            return self._attempt(strategy, again, on_disk=True)
        return outcome

    def _attempt(self, strategy: str, place: Path, *, on_disk: bool) -> Outcome:
        tools = self.tools
        with ExitStack() as using:
            bench = Bench(
                server=tools.server,
                cache=tools.cache,
                folder=place,
                log=self.log,
                phases=self.phases,
                using=using,
                stop=tools.stop,
                on_disk=on_disk,
            )
            try:
                left = self.rebuilder.attempt(self.task, strategy, bench)
            except RebuildFailure as error:
                return failed(error, place)
            with self.phases.measure("compare"):
                artifacts = compare(self.task.expect, left.files) if left.reason is None else ()
            outcome = _outcome(left, artifacts)
            # Reports on a BAD that disk may yet overturn would be work for nothing.
            evidence = self._explain(artifacts, place) if on_disk else []
            evidence += _records(left, place)
        return replace(outcome, evidence=tuple(evidence))

    def _explain(self, artifacts: tuple[ArtifactOutcome, ...], place: Path) -> list[Evidence]:
        """Reports on what differs, with the rebuilt file itself."""
        evidence: list[Evidence] = []
        for number, artifact in enumerate(artifacts):
            if artifact.status is not Status.BAD or artifact.path is None:
                continue
            folder = place / f"difference-{number}"
            (folder / "old").mkdir(parents=True)
            (folder / "new").mkdir()
            rebuilt = folder / "new" / artifact.name
            shutil.copyfile(artifact.path, rebuilt)
            evidence.append(Evidence("artifact", artifact.name, rebuilt))
            original = folder / "old" / artifact.name
            url = f"/file/{artifact.original}/{quote(artifact.name)}"
            try:
                self.tools.server.download(url, original, artifact.original)
            except (NotFound, VerificationError, TransientError):
                continue  # only its digest is known: judged, but not explained
            with self.phases.measure("diffoscope"):
                explain = self.tools.diffoscope.explain
                evidence += explain(artifact.name, original, rebuilt, folder)
        return evidence


def _outcome(left: LeftBehind, artifacts: tuple[ArtifactOutcome, ...]) -> Outcome:
    environment: Digest | None = left.environment.id if left.environment else None
    if left.reason is not None:
        status = Status.FAIL
    elif not artifacts:
        return Outcome(
            Status.FAIL,
            Reason.COMPARE_ERROR,
            "nothing to compare with",
            strategy=left.strategy,
            environment=environment,
        )
    else:
        good = all(artifact.status is Status.GOOD for artifact in artifacts)
        status = Status.GOOD if good else Status.BAD
    return Outcome(
        status=status,
        reason=left.reason,
        detail=left.detail or describe(artifacts),
        artifacts=artifacts,
        strategy=left.strategy,
        environment=environment,
    )


def _records(left: LeftBehind, place: Path) -> list[Evidence]:
    """The build record of the rebuild, taken out of the tree before it vanishes."""
    evidence = []
    for name, path in left.files.items():
        if name.endswith(".buildinfo"):
            target = place / name
            shutil.copyfile(path, target)
            evidence.append(Evidence("buildinfo", name, target))
    return evidence
