# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync works with, put together once at the operator's door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mirror.breaker import Breakers
from mirror.fetch import Fetcher
from mirror.halt import Halt
from mirror.open_url import Opener
from mirror.pace import Bandwidth, Pace
from mirror.progress import Progress, Silent
from mirror.request import Requester
from mirror.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.blobs import BlobStore
    from storage.catalogue import Catalogue
    from storage.layout import Layout


@dataclass(frozen=True, slots=True)
class MirrorStores:
    """Where things go, and the means to get them.

    Attributes:
        catalogue: Runs and what they hold.
        blobs: Their bytes.
        layout: Link trees; None where blobs are not local files.
        fetcher: Gets files; told the same progress.
        clock: Epoch seconds.
        locks: Directory of lock files.
        connections: How many files at once.
        progress: Who is told.
    """

    catalogue: Catalogue
    blobs: BlobStore
    layout: Layout | None
    fetcher: Fetcher
    clock: Callable[[], float]
    locks: Path
    connections: int = 8
    progress: Progress = field(default_factory=Silent)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked for at once, by one process.

    Attributes:
        per_host: Requests under way to one host.
        requests_per_second: Of one host; None for as many as come.
        bandwidth: Bytes a second over all; None for as many as come.
    """

    per_host: int = 8
    requests_per_second: float | None = None
    bandwidth: float | None = None


def open_fetcher(
    blobs: BlobStore,
    *,
    agent: str,
    clock: Callable[[], float],
    random: Callable[[], float],
    sleep: Callable[[float], None] | None = None,
    ticks: Callable[[], float] | None = None,
    limits: Limits | None = None,
    timeout: float = 60.0,
    attempts: int = 6,
    hosts: Path | None = None,
    progress: Progress | None = None,
    opener: Opener | None = None,
) -> Fetcher:
    """A fetcher with connections, breakers and patience of its own.

    Args:
        blobs: Where files go.
        agent: `User-Agent`, with a contact in it.
        clock: Epoch seconds.
        random: A number in [0, 1), for jitter.
        sleep: Waits that many seconds; default: really, and until `Fetcher.halt` at most.
        ticks: Seconds of a clock that nobody sets; default `clock`.
        limits: How much at once.
        timeout: Seconds without a byte after which a connection is given up.
        attempts: Fruitless tries in a row of one file at one upstream.
        hosts: File in which processes share what they know of hosts; default none.
        progress: Who is told; default nobody.
        opener: Makes the connections; default one without further rules.
    """
    listener, limits, halt = progress or Silent(), limits or Limits(), Halt()
    sleep, ticks = sleep or halt.sleep, ticks or clock
    bandwidth = None
    if limits.bandwidth:
        bandwidth = Bandwidth(limits.bandwidth, clock=ticks, sleep=sleep)
    requester = Requester(
        opener
        or Opener(agent=agent, connections=limits.per_host, timeout=timeout, bandwidth=bandwidth),
        Breakers(clock, hosts),
        Pace(
            limits.per_host,
            clock=ticks,
            sleep=sleep,
            halted=halt.is_set,
            most_requests=limits.requests_per_second,
        ),
        clock=clock,
        sleep=sleep,
        progress=listener,
    )
    retry = RetryPolicy(sleep=sleep, random=random, attempts=attempts)
    return Fetcher(requester, blobs, retry=retry, clock=clock, progress=listener, halt=halt)
