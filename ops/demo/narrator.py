# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reader of the demo sees: steps, plain sentences, commands and their answers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

# A log has no width of its own; the table needs room for whole digests' beginnings.
_LOG_WIDTH = 160


class Narrator:
    """Tells the story on a terminal or into a log.

    Args:
        clock: Monotonic seconds.
        console: Where to; default: standard output.
    """

    def __init__(self, clock: Callable[[], float], console: Console | None = None) -> None:
        self._clock = clock
        self._start = clock()
        probe = console or Console(highlight=False)
        self.console = probe if probe.is_terminal else Console(width=_LOG_WIDTH, highlight=False)
        if console is not None:
            self.console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A chapter; its seconds are remembered."""
        begun = self._clock()
        self.console.print()
        self.console.print(Rule(Text(title, style="bold"), align="left", style="dim"))
        try:
            yield
        finally:
            self.seconds[title] = self._clock() - begun
            self.console.print(Text(f"  {self.seconds[title]:.1f} s", style="dim"))

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Something moves on the terminal while this takes its time; a log stays as it is."""
        with self.console.status(f"[dim]{what} …[/]"):
            yield

    def say(self, line: str) -> None:
        """One sentence."""
        since = Text(f"{self._clock() - self._start:6.1f}  ", style="dim")
        self.console.print(since + Text(line), soft_wrap=True)

    def command(self, line: str) -> None:
        """A command as the reader could type it."""
        self.console.print(Text(f"        $ {line}", style="cyan"), soft_wrap=True)

    def answer(self, text: str, lines: int = 8) -> None:
        """The beginning of what a command answered."""
        shown = text.rstrip("\n").splitlines()
        for line in shown[:lines]:
            self.console.print(Text(f"          {line[:140]}", style="dim"), soft_wrap=True)
        if len(shown) > lines:
            more = f"          … {len(shown) - lines} more lines"
            self.console.print(Text(more, style="dim"))

    def show(self, thing: RenderableType) -> None:
        """A table."""
        self.console.print(thing)

    def total(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._start
