# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync tells whoever watches it.

`Progress` is the seam; a terminal's bars live at the operator's door. `JsonLines` writes one
line per interval, so that hours of work leave a readable log; `Silent` says nothing.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Protocol, TextIO

from mirror.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from mirror.tally import Download


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

    def began(self, download: Download) -> None:
        """A file begins to come; it may be read until it ended."""
        ...

    def ended(self, download: Download) -> None:
        """It came, or did not."""
        ...

    def finished(self, name: str, size: int) -> None:
        """A file is complete and verified."""
        ...

    def quiet(self, host: str, why: str, until: float) -> None:
        """A host is not asked until then (epoch seconds): it is `banned` or `throttled`."""
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

    def began(self, download: Download) -> None:
        """See `Progress.began`."""

    def ended(self, download: Download) -> None:
        """See `Progress.ended`."""

    def finished(self, name: str, size: int) -> None:
        """See `Progress.finished`."""

    def quiet(self, host: str, why: str, until: float) -> None:
        """See `Progress.quiet`."""

    def say(self, message: str) -> None:
        """See `Progress.say`."""


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
        self._tally = Tally(clock)
        self._last = clock()
        self._lock = threading.Lock()

    def phase(self, name: str, detail: str = "") -> None:
        """See `Progress.phase`."""
        self._write({"phase": name, "detail": detail})

    def plan(self, files: int, size: int) -> None:
        """See `Progress.plan`."""
        self._tally.plan(files, size)

    def received(self, count: int) -> None:
        """See `Progress.received`."""
        self._tally.received(count)
        self._counts()

    def began(self, download: Download) -> None:
        """See `Progress.began`."""
        self._tally.began(download)

    def ended(self, download: Download) -> None:
        """See `Progress.ended`."""
        self._tally.ended(download)

    def finished(self, name: str, size: int) -> None:  # noqa: ARG002  a log of names is too long
        """See `Progress.finished`."""
        self._tally.finished(size)
        self._counts()

    def quiet(self, host: str, why: str, until: float) -> None:
        """See `Progress.quiet`."""
        self._tally.quiet(host, why, until)

    def say(self, message: str) -> None:
        """See `Progress.say`."""
        self._write({"message": message})

    def tick(self) -> None:
        """Call now and again: while nothing arrives, that is what there is to say."""
        if self._tally.running:
            self._counts()

    def _counts(self) -> None:
        """A line of counts, when the last one is an interval ago."""
        now = self._clock()
        with self._lock:
            if now - self._last < self._interval:
                return
            self._last = now
        report = self._tally.report()
        left = report.seconds_left
        record: dict[str, object] = {
            "files": report.files,
            "of_files": report.of_files,
            "bytes": report.bytes,
            "of_bytes": report.of_bytes,
            "received": report.received,
            "bytes_per_second": round(report.rate),
            "seconds_left": None if left is None else round(left),
        }
        if report.slow:
            record["slow"] = [
                {
                    "file": one.name,
                    "host": one.host,
                    "seconds": round(one.seconds),
                    "bytes": one.held,
                    "of_bytes": one.size,
                }
                for one in report.slow
            ]
        if report.quiet:
            record["quiet"] = [
                {"host": one.host, "why": one.why, "seconds": round(one.seconds)}
                for one in report.quiet
            ]
        self._write(record)

    def _write(self, record: dict[str, object]) -> None:
        line = json.dumps({"at": round(self._clock(), 3), **record})
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()
