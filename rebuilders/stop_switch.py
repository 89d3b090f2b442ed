# SPDX-License-Identifier: GPL-3.0-or-later
"""How a worker is asked to end: after the job in hand, or at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopSwitch:
    """How a worker is asked to end.

    `after_job` ends it when the job in hand is done, `now` at once.
    """

    def __init__(self) -> None:
        self.after_job = threading.Event()
        self.now = threading.Event()

    def ask(self) -> None:
        """Once: after the job. Twice: now."""
        if self.after_job.is_set():
            self.now.set()
        self.after_job.set()

    def ask_now(self) -> None:
        """At once."""
        self.after_job.set()
        self.now.set()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT ask; only in the main thread."""

        def terminate(_number: int, _frame: FrameType | None) -> None:
            self.ask()

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            self.ask_now()

        before = (signal.signal(signal.SIGTERM, terminate), signal.signal(signal.SIGINT, interrupt))
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before[0])
            signal.signal(signal.SIGINT, before[1])
