# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync tells whoever watches it.

`Progress` is the seam; a terminal's bars live at the operator's door. `JsonLines` writes one
line per interval, so that hours of work leave a readable log; `Silent` says nothing.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable


class Progress(Protocol):
    """Told from several threads at once; must return quickly."""

    def phase(self, name: str, detail: str = "") -> None:
        """A new step begins, such as `fetch` of `debian 20260711T101637Z`."""
        ...

    def plan(self, files: int, size: int) -> None:
        """So many more files of so many bytes together are to be fetched."""
        ...

    def received(self, count: int) -> None:
        """So many bytes arrived."""
        ...

    def finished(self, name: str, size: int) -> None:
        """A file is complete and verified."""
        ...

    def say(self, message: str) -> None:
        """Something a person should know, such as how a broken download recovered."""
        ...


class Silent:
    """Nobody watches."""

    def phase(self, name: str, detail: str = "") -> None:
        """See `Progress.phase`."""

    def plan(self, files: int, size: int) -> None:
        """See `Progress.plan`."""

    def received(self, count: int) -> None:
        """See `Progress.received`."""

    def finished(self, name: str, size: int) -> None:
        """See `Progress.finished`."""

    def say(self, message: str) -> None:
        """See `Progress.say`."""


@dataclass(slots=True)
class Tally:
    """Counts of one sync so far."""

    planned_files: int = 0
    planned_bytes: int = 0
    files: int = 0
    bytes: int = 0
    received: int = 0


class JsonLines:
    """One JSON object per interval, and one per phase and message, each on a line.

    Args:
        stream: Where to write.
        clock: Epoch seconds.
        interval: Seconds between two lines of counts.
    """

    def __init__(
        self, stream: TextIO, clock: Callable[[], float], *, interval: float = 10.0
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._interval = interval
        self._tally = Tally()
        self._began = self._last = clock()
        self._lock = threading.Lock()

    def phase(self, name: str, detail: str = "") -> None:
        """See `Progress.phase`."""
        with self._lock:
            self._write({"phase": name, "detail": detail})

    def plan(self, files: int, size: int) -> None:
        """See `Progress.plan`."""
        with self._lock:
            self._tally.planned_files += files
            self._tally.planned_bytes += size

    def received(self, count: int) -> None:
        """See `Progress.received`."""
        with self._lock:
            self._tally.received += count
            self._counts()

    def finished(self, name: str, size: int) -> None:  # noqa: ARG002  a log of names is too long
        """See `Progress.finished`."""
        with self._lock:
            self._tally.files += 1
            self._tally.bytes += size
            self._counts()

    def say(self, message: str) -> None:
        """See `Progress.say`."""
        with self._lock:
            self._write({"message": message})

    def _counts(self) -> None:
        """A line of counts, when the last one is an interval ago."""
        now = self._clock()
        if now - self._last < self._interval:
            return
        self._last = now
        tally = self._tally
        rate = tally.received / max(now - self._began, 1e-9)
        left = max(0, tally.planned_bytes - tally.bytes)
        self._write(
            {
                "files": tally.files,
                "of_files": tally.planned_files,
                "bytes": tally.bytes,
                "of_bytes": tally.planned_bytes,
                "received": tally.received,
                "bytes_per_second": round(rate),
                "seconds_left": round(left / rate) if rate else None,
            }
        )

    def _write(self, record: dict[str, object]) -> None:
        line = {"at": round(self._clock(), 3), **record}
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()
