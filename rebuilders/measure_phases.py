# SPDX-License-Identifier: GPL-3.0-or-later
"""How long each phase of a rebuild took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Phases:
    """A clock that adds up seconds by phase, in the order of their first start.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the time until the end of the block, however it ends."""
        started = self._clock()
        self._seconds.setdefault(name, 0.0)
        try:
            yield
        finally:
            self._seconds[name] += self._clock() - started

    def seconds(self) -> dict[str, float]:
        """Milliseconds are as exact as it gets."""
        return {name: round(value, 3) for name, value in self._seconds.items()}
