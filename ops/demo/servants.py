# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's subprocesses: the real `dejabuild` commands, each with a log, none left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from snapshot.errors import DejabuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

_PATIENCE, _GRACE = 1.0, 10.0


def program() -> str:
    """The `dejabuild` script of this environment."""
    return str(Path(sys.executable).parent / "dejabuild")


@dataclass(slots=True)
class Servant:
    """One running command.

    Attributes:
        name: For messages.
        log: What it printed.
        process: The process; a group of its own.
    """

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def check(self) -> None:
        """Refuse to go on when it has ended.

        Raises:
            DejabuildError: With the end of its log.
        """
        status = self.process.poll()
        if status is not None:
            raise DejabuildError(
                f"{self.name} ended with status {status}", advice=f"its log ends:\n{self.tail()}"
            )

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        text = self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """Ask it to end, then end its whole group."""
        for patience in (_PATIENCE, _GRACE):  # a worker ends its job at the second request only
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
                break
        self.kill()

    def kill(self) -> None:
        """End its whole group at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(slots=True)
class Servants:
    """All running commands; leaving the context ends them, last first.

    Attributes:
        folder: Holds the logs.
        running: In the order they were started.
    """

    folder: Path
    running: list[Servant] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self.running:
            self.running.pop().stop()

    def start(self, name: str, words: Sequence[str]) -> Servant:
        """Start a `dejabuild` command that keeps running."""
        return self.start_command(name, (program(), *words))

    def start_command(self, name: str, command: Sequence[str]) -> Servant:
        """Start a command that keeps running; it also ends when this process is killed."""
        path = self.folder / f"{name}.log"
        with path.open("ab") as log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )
        servant = Servant(name, path, process)
        self.running.append(servant)
        return servant


def wait_until(
    ready: Callable[[], bool],
    watched: Sequence[Servant],
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    timeout: float,
    what: str,
    pause: float = 0.2,
) -> None:
    """Wait for something that a servant brings about.

    Args:
        ready: Asked again and again.
        watched: Must stay alive meanwhile.
        clock: Monotonic seconds.
        sleep: Waits so many seconds.
        timeout: Seconds to wait at most.
        what: Completes "waited … s for".
        pause: Seconds between two times that it is asked.

    Raises:
        DejabuildError: A servant ended, or nothing came in time.
    """
    deadline = clock() + timeout
    while not ready():
        for servant in watched:
            servant.check()
        if clock() > deadline:
            tails = "\n".join(f"{servant.name}: {servant.tail()}" for servant in watched)
            raise DejabuildError(f"waited {timeout:.0f} s for {what}", advice=tails)
        sleep(pause)
