# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of a sync on a terminal: one bar of bytes, one line per step and per message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import (
    Progress as Bar,
)


class TerminalProgress:
    """`mirror.progress.Progress` as a bar of bytes.

    Args:
        bar: A started rich progress display.
    """

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=0, files=0, of_files=0)

    def phase(self, name: str, detail: str = "") -> None:
        """See `mirror.progress.Progress.phase`."""
        self._bar.update(self._task, description=name)
        self._bar.console.print(f"{name}  {detail}".rstrip(), highlight=False, markup=False)

    def plan(self, files: int, size: int) -> None:
        """See `mirror.progress.Progress.plan`."""
        with self._bar._lock:  # noqa: SLF001  # totals come from several threads at once
            task = self._bar.tasks[self._task]
            self._bar.update(
                self._task,
                total=(task.total or 0) + size,
                of_files=task.fields["of_files"] + files,
            )

    def received(self, count: int) -> None:
        """See `mirror.progress.Progress.received`."""
        self._bar.advance(self._task, count)

    def finished(self, name: str, size: int) -> None:  # noqa: ARG002  # names go by too fast
        """See `mirror.progress.Progress.finished`."""
        with self._bar._lock:  # noqa: SLF001
            self._bar.update(self._task, files=self._bar.tasks[self._task].fields["files"] + 1)

    def say(self, message: str) -> None:
        """See `mirror.progress.Progress.say`."""
        self._bar.console.print(f"  {message}", highlight=False, markup=False)


@contextmanager
def terminal_progress(stream: TextIO) -> Iterator[TerminalProgress]:
    """Show bars while the block runs.

    Args:
        stream: The terminal.

    Yields:
        Who is to be told.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[files]}/{task.fields[of_files]} files"),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(file=stream), transient=True) as bar:
        yield TerminalProgress(bar)
