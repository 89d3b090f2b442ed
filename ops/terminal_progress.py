# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of a sync on a terminal: a bar, what is slow below it, and messages above."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.filesize import decimal
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mirror.tally import Tally

if TYPE_CHECKING:
    from mirror.tally import Download, Report


class TerminalProgress:
    """`mirror.progress.Progress` as a bar of bytes.

    Args:
        console: Where messages go; what `render` gives stands below them.
        clock: Epoch seconds.

    Attributes:
        live: Shows it while it is entered.
    """

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console = console
        self._tally = Tally(clock)
        self._phase = ""
        self.live = Live(
            get_renderable=self.render,
            console=console,
            transient=True,
            refresh_per_second=4,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bar away while somebody else writes to the terminal."""
        self.live.stop()
        try:
            yield
        finally:
            self.live.start()

    def phase(self, name: str, detail: str = "") -> None:
        """See `mirror.progress.Progress.phase`."""
        self._phase = name
        self._print(f"{name}  {detail}".rstrip())

    def plan(self, files: int, size: int) -> None:
        """See `mirror.progress.Progress.plan`."""
        self._tally.plan(files, size)

    def received(self, count: int) -> None:
        """See `mirror.progress.Progress.received`."""
        self._tally.received(count)

    def began(self, download: Download) -> None:
        """See `mirror.progress.Progress.began`."""
        self._tally.began(download)

    def ended(self, download: Download) -> None:
        """See `mirror.progress.Progress.ended`."""
        self._tally.ended(download)

    def finished(self, name: str, size: int) -> None:  # noqa: ARG002  # names go by too fast
        """See `mirror.progress.Progress.finished`."""
        self._tally.finished(size)

    def quiet(self, host: str, why: str, until: float) -> None:
        """See `mirror.progress.Progress.quiet`."""
        self._tally.quiet(host, why, until)

    def say(self, message: str) -> None:
        """See `mirror.progress.Progress.say`."""
        self._print(f"  {message}")

    def _print(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False)

    def render(self) -> Group:
        """What stands below the messages now."""
        report = self._tally.report()
        if report.of_files and report.files == report.of_files:
            return Group(*_below(report))
        return Group(_bar(self._phase, report), *_below(report))


def _bar(phase: str, report: Report) -> Table | Text:
    """The line of counts; before anything is planned, what has arrived."""
    if not report.of_files:
        arrived = f"{decimal(report.received)} received" if report.received else ""
        return _line(f"{phase}  {arrived}".rstrip())
    row = Table.grid(padding=(0, 2, 0, 0), expand=True)
    row.add_column(ratio=1)
    for _ in range(4):
        row.add_column(justify="right", no_wrap=True)
    done = min(report.bytes, report.of_bytes)
    row.add_row(
        ProgressBar(total=max(1, report.of_bytes), completed=done),
        f"{report.files:,}/{report.of_files:,} files",
        f"{decimal(done)} of {decimal(report.of_bytes)}",
        f"{decimal(int(report.rate))}/s",
        "" if report.seconds_left is None else f"{_clock_time(report.seconds_left)} left",
    )
    return row


def _below(report: Report) -> Iterator[Text]:
    for one in report.slow:
        yield _line(
            f"  {_clock_time(one.seconds)}  {decimal(one.held)} of {decimal(one.size)}  "
            f"{one.host}  {one.name.rpartition('/')[2]}"
        )
    for host in report.quiet:
        yield _line(f"  {host.host} {host.why}: left alone for {_clock_time(host.seconds)}")


def _line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _clock_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def terminal_progress(stream: TextIO, clock: Callable[[], float]) -> Iterator[TerminalProgress]:
    """Show a bar while the block runs.

    Args:
        stream: The terminal.
        clock: Epoch seconds.

    Yields:
        Who is to be told.
    """
    progress = TerminalProgress(Console(file=stream), clock)
    with progress.live:
        yield progress
