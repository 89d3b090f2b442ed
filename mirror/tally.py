# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of one sync so far: how fast it is now, how long it will take, and what is slow."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds over which the rate of now is taken.
WINDOW = 30.0
#: A download that has taken so many seconds is named; so many are.
SLOW = 10.0
_NAMED = 3


class Download(Protocol):
    """A file that is coming from somewhere; read while it comes."""

    @property
    def name(self) -> str:
        """Its path."""
        ...

    @property
    def host(self) -> str:
        """Whom it comes from."""
        ...

    @property
    def size(self) -> int:
        """Its bytes when it is whole."""
        ...

    @property
    def held(self) -> int:
        """Bytes that are here."""
        ...


@dataclass(frozen=True, slots=True)
class SlowFile:
    """A download that takes long.

    Attributes:
        name: Its path.
        host: Whom it comes from.
        seconds: For how long already.
        held: Bytes that are here.
        size: Bytes when it is whole.
    """

    name: str
    host: str
    seconds: float
    held: int
    size: int


@dataclass(frozen=True, slots=True)
class QuietHost:
    """A host that is not asked now.

    Attributes:
        host: Which.
        why: `banned` or `throttled`.
        seconds: For how much longer.
    """

    host: str
    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """A tally at one moment.

    Attributes:
        files: Complete and verified.
        of_files: Planned.
        bytes: Here, of complete files and of those that are coming.
        of_bytes: Planned.
        received: Bytes that crossed the network.
        running: Downloads under way.
        rate: Bytes a second that crossed it lately.
        seconds_left: Until all that is planned is here, at that rate; None when nothing comes.
        slow: The longest downloads, the longest first.
        quiet: Hosts that are not asked now.
    """

    files: int
    of_files: int
    bytes: int
    of_bytes: int
    received: int
    running: int
    rate: float
    seconds_left: float | None
    slow: tuple[SlowFile, ...]
    quiet: tuple[QuietHost, ...]


class Tally:
    """Told from several threads at once.

    Args:
        clock: Epoch seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._files = self._of_files = self._bytes = self._of_bytes = self._received = 0
        self._running: dict[int, tuple[Download, float]] = {}
        self._quiet: dict[str, tuple[str, float]] = {}
        self._samples: deque[tuple[float, int]] = deque([(clock(), 0)])

    def plan(self, files: int, size: int) -> None:
        """See `Progress.plan`."""
        with self._lock:
            self._of_files += files
            self._of_bytes += size

    def received(self, count: int) -> None:
        """See `Progress.received`."""
        with self._lock:
            self._received += count

    def began(self, download: Download) -> None:
        """See `Progress.began`."""
        with self._lock:
            self._running[id(download)] = (download, self._clock())

    def ended(self, download: Download) -> None:
        """See `Progress.ended`."""
        with self._lock:
            self._running.pop(id(download), None)

    def finished(self, size: int) -> None:
        """See `Progress.finished`; what nobody planned, such as an index, does not count."""
        with self._lock:
            if self._files < self._of_files:
                self._files += 1
                self._bytes += size

    def quiet(self, host: str, why: str, until: float) -> None:
        """See `Progress.quiet`."""
        with self._lock:
            self._quiet[host] = (why, until)

    @property
    def running(self) -> int:
        """Downloads under way."""
        return len(self._running)

    def report(self) -> Report:
        """What there is to say now."""
        with self._lock:
            now = self._clock()
            running = [
                SlowFile(one.name, one.host, now - since, one.held, one.size)
                for one, since in self._running.values()
            ]
            here = self._bytes + sum(one.held for one in running)
            rate = self._rate(now)
            left = max(0, self._of_bytes - here)
            slow = sorted(running, key=lambda one: -one.seconds)
            return Report(
                files=self._files,
                of_files=self._of_files,
                bytes=here,
                of_bytes=self._of_bytes,
                received=self._received,
                running=len(running),
                rate=rate,
                seconds_left=left / rate if rate else None,
                slow=tuple(one for one in slow[:_NAMED] if one.seconds >= SLOW),
                quiet=tuple(
                    QuietHost(host, why, until - now)
                    for host, (why, until) in self._quiet.items()
                    if until > now
                ),
            )

    def _rate(self, now: float) -> float:
        """Over the last half a minute, or since the beginning if that is shorter."""
        samples = self._samples
        samples.append((now, self._received))
        while len(samples) > 2 and now - samples[1][0] >= WINDOW:
            samples.popleft()
        began, before = samples[0]
        return (self._received - before) / (now - began) if now > began else 0.0
