# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep separate processes running until told to stop, and leave none behind.

Each part is its own process group with its own log file. A part that ends is started again, the
later the oftener it ended. Parts die with the supervisor even when it is killed
(`setpriv --pdeathsig`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GRACE: Final = 10.0
"""Seconds between asking a part to stop and killing its group."""
LONGEST_PAUSE: Final = 60.0
"""Longest wait before a part that keeps ending is started again, in seconds."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process to keep running.

    Attributes:
        name: Names its log file and stands in messages.
        command: Program and arguments.
        environment: The whole environment it gets.
        death_signal: What it gets when the supervisor is killed.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    death_signal: str = "TERM"


class RunningPart:
    """A part with its process, if it runs, and when to start it next."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part = part
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = 0
        self._next_start = 0.0
        self._started = 0.0

    def tend(self, now: float, announce: Callable[[str], None]) -> None:
        """Start the process when it is time, notice when it has ended.

        Args:
            now: Seconds of a monotonic clock.
            announce: Is told about starts and ends.
        """
        if self._process is None:
            if now >= self._next_start:
                self._start(now)
            return
        status = self._process.poll()
        if status is None:
            return
        self.kill_group()
        self._process = None
        self._ended = 1 if now - self._started > LONGEST_PAUSE else self._ended + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2**self._ended)
        self._next_start = now + pause
        announce(
            f"{self.part.name} ended with status {status}; starting it again in {pause:.0f} s "
            f"(see {self._log})"
        )

    def _start(self, now: float) -> None:
        self._started = now
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ("setpriv", "--pdeathsig", self.part.death_signal, "--", *self.part.command),
                env=dict(self.part.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process, which stops its own children."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, timeout: float) -> None:
        """Wait for the end of the process, then end what is left of its group.

        Args:
            timeout: Seconds after which it is killed.
        """
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        self.kill_group()
        self._process.wait()
        self._process = None

    def kill_group(self) -> None:
        """Kill whatever remains in the process group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def supervise(
    parts: Sequence[Part],
    *,
    logs: Path,
    stop: threading.Event,
    clock: Callable[[], float],
    announce: Callable[[str], None],
    round_seconds: float = 0.2,
) -> None:
    """Keep parts running until `stop` is set; then end them in reverse order.

    Args:
        parts: In the order in which they are started.
        logs: Directory of `<name>.log` files; it exists.
        stop: Set by a signal handler or a test.
        clock: Monotonic seconds.
        announce: Is told what a person wants to know.
        round_seconds: Seconds between two looks.
    """
    running = [RunningPart(part, logs / f"{part.name}.log") for part in parts]
    try:
        while not stop.is_set():
            for part in running:
                part.tend(clock(), announce)
            stop.wait(round_seconds)
    finally:
        for part in reversed(running):
            part.ask_to_stop()
        deadline = clock() + GRACE
        for part in reversed(running):
            part.wait(max(0.0, deadline - clock()))
