# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs in a sandbox: no network, nothing of the host, an end in time.

The parent's side. `sandbox.py` is the program that is started; everything it needs to know is
one JSON file, so no value of a build record ever meets a shell.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rebuilders.capture_log import BoundedLog
from rebuilders.failure import Interrupted, RebuildFailure
from snapshot.verdict import Reason

#: What dpkg and maintainer scripts need as root: ids, ownership, chroot. No device nodes, no
#: mounts, no raw network, no reading past permissions by handle.
INSTALL_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 18, 31)
#: Seconds between the polite signal and the other one.
GRACE = 10.0
HOSTNAME = "dejabuild"

_HOUSE = Path(__file__).resolve().parents[2]
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from rebuilders.debian.sandbox import main; sys.exit(main(int(sys.argv[2]), int(sys.argv[3])))"
)

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bind:
    """A directory of the host shown in the sandbox, always read-only."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Area:
    """The one directory of the host that a build may write."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What a sandboxed process sees and may do.

    Attributes:
        root: Empty directory to mount on.
        upper: Directory that takes all changes.
        scratch: Overlay's work directory, beside `upper`.
        layers: Directory that `lowers` are relative to.
        lowers: Read-only trees, uppermost first; none means that `upper` is the root.
        binds: Read-only views of host directories.
        build_area: The writable directory of a build.
        tmpfs: Further private directories in memory, besides /tmp and /run.
        tmpfs_size: Limit of each of them, as mount(8) writes it.
        uid: Identity of the steps.
        gid: Its group.
        capabilities: Kept by steps of uid 0.
        limits: Resource limits by name (`NOFILE` …).
        id_map: Ranges of ids for a user namespace; None uses the host's ids (root only).
    """

    root: str
    upper: str
    scratch: str = ""
    layers: str = "/"
    lowers: tuple[str, ...] = ()
    binds: tuple[Bind, ...] = ()
    build_area: Area | None = None
    tmpfs: tuple[str, ...] = ()
    tmpfs_size: str = "50%"
    uid: int = 0
    gid: int = 0
    capabilities: tuple[int, ...] = INSTALL_CAPABILITIES
    limits: Mapping[str, int] = field(default_factory=lambda: {"CORE": 0})
    id_map: Mapping[str, Sequence[Sequence[int]]] | None = None
    hostname: str = HOSTNAME


@dataclass(frozen=True, slots=True)
class Ending:
    """How the steps of a sandbox ended.

    Attributes:
        exit_code: 0, the code of the first step that failed, or 128 + signal.
        step: Index of that step; the number of steps when all went well.
        timed_out: The time was up.
        seconds: Wall time.
    """

    exit_code: int
    step: int
    timed_out: bool
    seconds: float


def run(
    sandbox: Sandbox,
    steps: Sequence[Step],
    log: BoundedLog,
    *,
    timeout: float,
    stop: Callable[[], bool] = lambda: False,
) -> Ending:
    """Run steps one after the other until one fails.

    Args:
        sandbox: Where.
        steps: What, see `sandbox_steps`.
        log: Takes the output of all steps.
        timeout: Seconds for all of them; then TERM, then KILL of every process inside.
        stop: Asked twice a second; true ends the sandbox.

    Raises:
        RebuildFailure: The sandbox itself could not be set up (`environment-setup`).
        Interrupted: `stop` said so.
    """
    started = time.monotonic()
    spec = {**asdict(sandbox), "steps": list(steps), "parent": os.getpid()}
    # In memory and without a name: a worker that is killed leaves nothing of it.
    with os.fdopen(os.memfd_create("sandbox"), "w+", encoding="utf-8") as file:
        json.dump(spec, file)
        file.flush()
        file.seek(0)
        timed_out, result, code = _supervise(file.fileno(), log, started + timeout, stop)
    seconds = time.monotonic() - started
    if "setup" in result:
        raise RebuildFailure(Reason.ENVIRONMENT_SETUP, f"sandbox: {result['setup']}")
    if timed_out:
        return Ending(124, int(result.get("step", 0)), timed_out=True, seconds=seconds)
    if not result:
        # Killed from outside, such as by the out-of-memory killer.
        return Ending(code or 137, 0, timed_out=False, seconds=seconds)
    return Ending(int(result["code"]), int(result["step"]), timed_out=False, seconds=seconds)


def _supervise(
    spec: int, log: BoundedLog, deadline: float, stop: Callable[[], bool]
) -> tuple[bool, Mapping[str, Any], int]:
    result_read, result_write = os.pipe()
    argv = [sys.executable, "-I", "-S", "-c", _BOOT, str(_HOUSE), str(spec), str(result_write)]
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(spec, result_write),
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )
    os.close(result_write)
    try:
        timed_out = _pump(process, log, deadline, stop)
        code = _reap(process)
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        assert process.stdout is not None  # noqa: S101  # PIPE was asked for
        process.stdout.close()
        with os.fdopen(result_read, "rb") as stream:
            lines = stream.read().splitlines()
    result: Mapping[str, Any] = json.loads(lines[-1]) if lines else {}
    return timed_out, result, code


def _reap(process: subprocess.Popen[bytes]) -> int:
    """The exit code, once nobody holds the output any more; what lingers is killed."""
    try:
        return process.wait(timeout=6 * GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _pump(
    process: subprocess.Popen[bytes],
    log: BoundedLog,
    deadline: float,
    stop: Callable[[], bool],
) -> bool:
    """Copy output until it ends; enforce the deadline. Returns whether time was up."""
    assert process.stdout is not None  # noqa: S101  # PIPE was asked for
    timed_out = False
    kill_at = deadline + GRACE
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=0.5):
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    return timed_out
                log.write(data)
            now = time.monotonic()
            if stop():
                raise Interrupted("the worker was asked to stop during a build")
            if not timed_out and now >= deadline:
                timed_out = True
                log.note("the time is up: asking the build to end")
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
            elif timed_out and now >= kill_at:
                log.note("it did not end: every process of the build is killed")
                process.kill()
                kill_at = float("inf")
