# SPDX-License-Identifier: GPL-3.0-or-later
"""Ending the work of many threads within a moment, wherever each of them is."""

from __future__ import annotations

import threading

from snapshot.errors import PermanentError


class Stopped(PermanentError):
    """Somebody asked for the end; what arrived is kept."""

    exit_code = 130


class Halt:
    """Whether the work is to end, asked by every thread of it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """End it; who sleeps here wakes up."""
        self._event.set()

    def clear(self) -> None:
        """Let work begin again."""
        self._event.clear()

    def is_set(self) -> bool:
        """Whether it is to end."""
        return self._event.is_set()

    def sleep(self, seconds: float) -> None:
        """Wait, unless it is to end.

        Raises:
            Stopped: It is.
        """
        if self._event.wait(seconds):
            raise Stopped(
                "stopped while it waited", advice="run the same command again: it goes on"
            )
