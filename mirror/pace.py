# SPDX-License-Identifier: GPL-3.0-or-later
"""How much is asked of a host at once, and how many bytes a second are taken of all.

Each host has a window, the number of requests that may be under way together. It is halved when
the host shows that it is too much (429, 503, a connection that breaks) and grows by a little
with every answer, so that it settles at what the host bears. Who asked for less by a status gets
less than one at a time: one, and pauses in between. While all is well the window is as wide as
the settings allow, and nothing is measured, counted or waited for.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.halt import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: How much wider a window becomes by an answer that was as it should be.
GROWTH = 1 / 16
#: A host that only broke connections is still asked one file after the other without a pause.
BROKEN_LEAST = 1.0
#: One that said that it is too much is asked every half a minute at the least.
TOLD_LEAST = 1 / 32
#: No pause between two requests is longer, whatever the clock does meanwhile.
_LONGEST_GAP = 60.0


@dataclass(slots=True)
class _Window:
    size: float
    running: int = 0
    halvings: int = 0
    next_at: float = 0.0


@dataclass(slots=True)
class Turn:
    """One request under way.

    Attributes:
        least: Set, when it went wrong, to the least width that this may lead to.
    """

    least: float | None = None


class Pace:
    """The windows of all hosts, shared by all threads.

    Args:
        per_host: Requests under way to one host at most.
        clock: Seconds.
        sleep: Waits that many seconds.
        halted: Whether all is to end.
        most_requests: Requests a second to one host; None for as many as come.
    """

    def __init__(
        self,
        per_host: int,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        halted: Callable[[], bool] = lambda: False,
        most_requests: float | None = None,
    ) -> None:
        self._widest = float(per_host)
        self._clock = clock
        self._sleep = sleep
        self._halted = halted
        self._gap = 1 / most_requests if most_requests else 0.0
        self._windows: dict[str, _Window] = {}
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, host: str) -> Iterator[Turn]:
        """Wait until one more request to a host is welcome; the block is that request.

        Raises:
            Stopped: All is to end.
        """
        window, wait = self._enter(host)
        halvings, turn = window.halvings, Turn()
        try:
            if wait > 0:
                self._sleep(min(wait, _LONGEST_GAP))
            yield turn
        finally:
            self._leave(window, turn, halvings)

    def width(self, host: str) -> float:
        """How many requests may be under way to a host."""
        with self._changed:
            window = self._windows.get(host)
            return self._widest if window is None else window.size

    def wake(self) -> None:
        """Let those who wait see that all is to end."""
        with self._changed:
            self._changed.notify_all()

    def _enter(self, host: str) -> tuple[_Window, float]:
        """Take a place; returns the seconds to wait in it."""
        with self._changed:
            window = self._windows.get(host)
            if window is None:
                window = self._windows[host] = _Window(self._widest)
            while window.running >= max(1.0, window.size // 1):
                if self._halted():
                    raise Stopped("stopped while it waited for its turn")
                self._changed.wait()
            window.running += 1
            gap = max(self._gap, 1 / window.size - 1 if window.size < 1 else 0.0)
            if not gap:
                return window, 0.0
            now = self._clock()
            begin = max(now, min(window.next_at, now + _LONGEST_GAP))
            window.next_at = begin + gap
            return window, begin - now

    def _leave(self, window: _Window, turn: Turn, halvings: int) -> None:
        with self._changed:
            window.running -= 1
            if turn.least is None:
                if window.size < self._widest:
                    window.size = min(self._widest, window.size + GROWTH)
            elif halvings == window.halvings:
                # Those that were under way together met one trouble: the first one halves.
                window.halvings += 1
                window.size = min(window.size, max(turn.least, window.size / 2))
            self._changed.notify_all()


class Bandwidth:
    """A limit of bytes a second, over all threads.

    Args:
        most: Bytes a second.
        clock: Seconds.
        sleep: Waits that many seconds.

    Attributes:
        piece: Most bytes to take at once, so that the flow is even.
    """

    def __init__(
        self, most: float, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._most = most
        self._clock = clock
        self._sleep = sleep
        self._free_at = 0.0
        self._lock = threading.Lock()
        self.piece = max(1024, int(most / 16))

    def wait(self) -> None:
        """Call before bytes are taken: nobody takes more while the last ones are paid for."""
        left = self._free_at - self._clock()
        if left > 0:
            self._sleep(min(left, _LONGEST_GAP))

    def took(self, count: int) -> None:
        """Call after bytes were taken."""
        with self._lock:
            now = self._clock()
            begin = max(now, min(self._free_at, now + _LONGEST_GAP))
            self._free_at = begin + count / self._most
