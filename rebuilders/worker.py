# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's loop: register, ask for a job, rebuild it, report it, again.

Stopping: one SIGTERM lets the job in hand be finished, a second one (or SIGINT) ends it at
once; its lease then expires and another worker gets it. A file `rebuilderd.restart` in the
state directory ends the worker after the job in hand, as rebuilderd's worker does.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rebuilders.compose_report import compose_report
from rebuilders.debian.identities import find_identities
from rebuilders.debian.layers import LayerStore
from rebuilders.debian.rebuilder import DebianRebuilder
from rebuilders.debian.workplace import Workplace
from rebuilders.download_cache import DownloadCache
from rebuilders.failure import Interrupted
from rebuilders.job_queue import JobQueue
from rebuilders.machine_architecture import dpkg_architecture
from rebuilders.measure_phases import Phases
from rebuilders.pending_reports import PendingReports
from rebuilders.rebuild import Tools, rebuild_once
from rebuilders.registry import Rebuilder, Registry
from rebuilders.script import ScriptRebuilder
from rebuilders.server_connection import ServerConnection
from rebuilders.stop_switch import StopSwitch
from rebuilders.task import Outcome
from rebuilders.worker_config import WorkerConfig, default_trees
from rebuilders.worker_key import WorkerKey
from snapshot.errors import Busy, DejabuildError, Denied, PermanentError, TransientError
from snapshot.verdict import Reason, Status
from snapshot.wire import EvidenceReference, JobAssignment, PopRequest

RESTART_FILE = "rebuilderd.restart"


def run_worker(config: WorkerConfig, stop: StopSwitch | None = None) -> int:
    """Work until asked to end.

    Returns:
        How many jobs were done.

    Raises:
        Busy: Another worker uses the state directory.
        ConfigurationError: This machine lacks something; says what.
        Denied: The server refuses the signup secret.
    """
    switch = stop or StopSwitch()
    with _own_state(config.state):
        return Worker(config, switch).run()


class Worker:
    """One worker; use `run_worker`.

    Args:
        config: What it was told.
        stop: How it is asked to end.
    """

    def __init__(self, config: WorkerConfig, stop: StopSwitch) -> None:
        self._config = config
        self._stop = stop
        self._key = WorkerKey.load_or_make(config.state)
        self._server = ServerConnection(
            config.server,
            {"X-Worker-Key": self._key.header},
            retry=config.retry,
            stop=stop.now.is_set,
        )
        name = config.name or socket.gethostname()
        self._queue = JobQueue(self._server, name, config.signup_secret)
        self._architecture = dpkg_architecture()
        self._jobs = config.state / "jobs"
        shutil.rmtree(self._jobs, ignore_errors=True)
        self._jobs.mkdir(parents=True)
        self._cache = DownloadCache(config.cache or config.state / "cache", config.cache_limit)
        self._registry = Registry(self._rebuilders())
        self._pending = PendingReports(config.state / "reports", config.say)

    def run(self) -> int:
        """The loop."""
        done = 0
        self._register()
        while not self._stop.after_job.is_set():
            assignment = self._next()
            if assignment is None:
                if self._config.drain:
                    break
                self._stop.after_job.wait(self._config.idle_delay)
                continue
            self._work_on(assignment)
            done += 1
            if self._config.jobs is not None and done >= self._config.jobs:
                break
            if self._restart_asked():
                break
        return done

    def _rebuilders(self) -> list[Rebuilder]:
        config = self._config
        disk = config.disk or config.state / "trees"
        trees = config.trees or default_trees(disk)
        for folder in (disk, trees):
            folder.mkdir(parents=True, exist_ok=True)
        workplace = Workplace(trees, disk, find_identities())
        for path in workplace.sweep():
            config.say(f"removed what a worker left behind: {path.name}")
        layers = LayerStore(workplace, config.layers_limit)
        found: list[Rebuilder] = [DebianRebuilder(workplace, layers, self._architecture)]
        found += [ScriptRebuilder(name, program) for name, program in config.scripts.items()]
        return found

    def _register(self) -> None:
        """Register, however long the server is away."""
        while not self._stop.after_job.is_set():
            try:
                self._queue.register()
            except TransientError as error:
                self._config.say(f"cannot register yet: {error.message}")
                self._stop.after_job.wait(self._config.idle_delay)
            else:
                self._config.say(f"registered at {self._server.base_url}")
                return

    def _next(self) -> JobAssignment | None:
        own = (self._architecture, "all")
        request = PopRequest(
            supported_backends=self._registry.backends(),
            supported_architectures=self._config.architectures or own,
            architecture=self._architecture,
            tags=self._config.tags,
            extended=True,
        )
        try:
            if not self._pending.send(self._queue):
                return None
            return self._queue.pop(request)
        except Denied:
            raise
        except DejabuildError as error:
            self._config.say(f"no job to be had: {error.message}")
            return None

    def _work_on(self, assignment: JobAssignment) -> None:
        job = assignment.job
        self._config.say(f"job {job.id}: {job.name} {job.version}")
        folder = Path(tempfile.mkdtemp(prefix=f"{job.id}-", dir=self._jobs))
        try:
            with self._signs_of_life(job.id):
                outcome = self._rebuild_and_report(assignment, folder)
            word = outcome.reason.value if outcome.reason else outcome.detail
            self._config.say(f"job {job.id}: {outcome.status} {word}".rstrip())
        except Interrupted as error:
            self._config.say(f"job {job.id}: {error.message}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._cache.trim()

    def _rebuild_and_report(self, assignment: JobAssignment, folder: Path) -> Outcome:
        phases = Phases(time.monotonic)
        tools = Tools(
            server=self._server,
            registry=self._registry,
            cache=self._cache,
            diffoscope=self._config.diffoscope,
            log_limit=self._config.log_limit,
            stop=self._stop.now.is_set,
        )
        task = None
        try:
            outcome, task = rebuild_once(assignment, tools, folder, phases)
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001  # one odd package must not end the worker
            self._config.say(traceback.format_exc())
            detail = f"the worker failed: {type(error).__name__}: {error}"
            outcome = Outcome(Status.FAIL, Reason.ENVIRONMENT_SETUP, detail[:500])
        with phases.measure("upload"):
            evidence = self._upload(assignment.job.id, outcome)
        report = compose_report(
            assignment,
            task,
            outcome,
            key=self._key,
            evidence=evidence,
            phases=phases.seconds(),
            built_at=self._config.clock(),
        )
        self._pending.keep(report)
        self._deliver()
        return outcome

    def _upload(self, job_id: int, outcome: Outcome) -> tuple[EvidenceReference, ...]:
        sent = []
        for piece in outcome.evidence:
            try:
                digest = self._queue.upload(job_id, piece.kind, piece.name, piece.path)
            except (TransientError, PermanentError) as error:
                self._config.say(f"job {job_id}: {piece.kind} is not kept: {error.message}")
            else:
                sent.append(EvidenceReference(piece.kind, piece.name, digest))
        return tuple(sent)

    def _deliver(self) -> None:
        """Send the report until it is accepted, or the worker is asked to end at once."""
        while not self._pending.send(self._queue):
            if self._stop.now.wait(self._config.idle_delay):
                return

    @contextmanager
    def _signs_of_life(self, job_id: int) -> Iterator[None]:
        over = threading.Event()

        def ping() -> None:
            while not over.wait(self._config.ping_interval):
                if not self._queue.ping(job_id):
                    self._config.say(f"job {job_id}: the server no longer counts on us")

        thread = threading.Thread(target=ping, name=f"ping-{job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(timeout=self._config.ping_interval)

    def _restart_asked(self) -> bool:
        path = self._config.state / RESTART_FILE
        if not path.exists():
            return False
        with suppress(OSError):
            path.unlink()
        self._config.say(f"{RESTART_FILE} is there: ending after this job")
        return True


@contextmanager
def _own_state(state: Path) -> Iterator[None]:
    state.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Busy(
            f"another worker uses {state}", advice="give each worker a state directory of its own"
        ) from error
    else:
        yield
    finally:
        os.close(descriptor)
