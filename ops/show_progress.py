# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of a sync as fits where it is shown."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Final, TextIO

from mirror.progress import JsonLines

if TYPE_CHECKING:
    from mirror.progress import Progress

TICK: Final = 5.0
"""Seconds between two looks of a log at whether anything still arrives."""


@contextmanager
def shown_progress(clock: Callable[[], float], stream: TextIO | None = None) -> Iterator[Progress]:
    """Show progress as fits where it goes.

    Args:
        clock: Epoch seconds.
        stream: Where to write; default: standard error.

    Yields:
        Bars on a terminal, JSON lines in a log.
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        lines = JsonLines(stream, clock)
        with _ticking(lines.tick):
            yield lines
        return
    from ops.terminal_progress import terminal_progress  # noqa: PLC0415  rich is slow to import

    with terminal_progress(stream, clock) as progress:
        yield progress


def beside(progress: Progress, echo: Callable[[str], object]) -> Callable[[str], object]:
    """Let a command write its own lines while progress is shown.

    Args:
        progress: From `shown_progress`.
        echo: Writes a line to standard output.

    Returns:
        The same, with a bar taken away meanwhile.
    """
    paused = getattr(progress, "paused", nullcontext)

    def tell(line: str) -> None:
        with paused():
            echo(line)

    return tell


@contextmanager
def _ticking(tick: Callable[[], None]) -> Iterator[None]:
    """Call it every few seconds, from a thread that keeps no process from ending."""
    end = threading.Event()

    def run() -> None:
        while not end.wait(TICK):
            tick()

    threading.Thread(target=run, name="progress", daemon=True).start()
    try:
        yield
    finally:
        end.set()
