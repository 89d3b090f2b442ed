# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuilderd's backend contract: a program that gets the input and leaves artifacts.

`argv = [program, input]`, `REBUILDERD_OUTDIR` is an empty directory, standard input is
/dev/null. What lies there under the expected names counts. Unlike rebuilderd, a program that
ends with an error and left nothing is FAIL with a reason, not BAD.

Isolation is the program's own business, as it is there.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rebuilders.failure import Interrupted, RebuildFailure
from rebuilders.left_behind import take_files
from rebuilders.task import Bench, LeftBehind, Task
from snapshot.reasons import find_reason
from snapshot.verdict import Reason, Strategy

_GRACE = 10.0


@dataclass(frozen=True, slots=True)
class ScriptRebuilder:
    """Runs somebody else's program.

    Attributes:
        backend: Name under which jobs ask for it, such as `tails`.
        program: Path of the program.
    """

    backend: str
    program: Path
    kind: str = "script"
    works_in_memory: bool = False

    @property
    def backends(self) -> tuple[str, ...]:
        """The one backend it serves."""
        return (self.backend,)

    def accepts(self, task: Task) -> None:
        """The program decides what it can take; an input there must be."""
        if not task.expect:
            raise RebuildFailure(Reason.UNSUPPORTED, "the job names no artifact to compare with")

    def needs(self) -> tuple[str, ...]:
        """The program itself."""
        return () if os.access(self.program, os.X_OK) else (str(self.program),)

    def strategies(self, task: Task) -> Sequence[str]:
        """One: whatever the program does."""
        del task
        return ("script",)

    def attempt(self, task: Task, strategy: str, bench: Bench) -> LeftBehind:
        """Run the program once."""
        output, left = bench.folder / "out", bench.folder / "left"
        output.mkdir()
        left.mkdir()
        with bench.phases.measure("build"):
            code, timed_out = _run(argument_list(self.program, task), output, task, bench)
        names = [artifact.name for artifact in task.expect]
        files = take_files(output, names, left)
        found = find_reason(bench.log.recent(), exit_code=code, timed_out=timed_out)
        reason = None if code == 0 or files else (found.reason if found else Reason.BUILD_FAILED)
        detail = "" if reason is None else f"{self.program.name} ended with {code}"
        return LeftBehind(files, code, Strategy(strategy), reason, detail)


def argument_list(program: Path, task: Task) -> list[str]:
    """What is run."""
    return [str(program), str(task.input_path)]


def _run(argv: Sequence[str], output: Path, task: Task, bench: Bench) -> tuple[int, bool]:
    environment: Mapping[str, str] = {**os.environ, "REBUILDERD_OUTDIR": str(output)}
    process = subprocess.Popen(
        argv,
        env=environment,
        cwd=bench.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        timed_out = _copy_output(process, bench, time.monotonic() + task.timeout)
        return process.wait(), timed_out
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def _copy_output(process: subprocess.Popen[bytes], bench: Bench, deadline: float) -> bool:
    assert process.stdout is not None  # noqa: S101  # PIPE was asked for
    ending: float | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=0.5):
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    return ending is not None
                bench.log.write(data)
            if bench.stop():
                raise Interrupted("the worker was asked to stop during a build")
            now = time.monotonic()
            if ending is None and now >= deadline:
                ending = now + _GRACE
                os.killpg(process.pid, signal.SIGTERM)
            elif ending is not None and now >= ending:
                return True
