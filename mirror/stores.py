# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync works with, put together once at the operator's door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mirror.breaker import Breakers
from mirror.fetch import Fetcher
from mirror.open_url import Opener
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


def open_fetcher(
    blobs: BlobStore,
    *,
    agent: str,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
    connections: int = 8,
    timeout: float = 60.0,
    attempts: int = 6,
    hosts: Path | None = None,
    progress: Progress | None = None,
) -> Fetcher:
    """A fetcher with connections, breakers and patience of its own.

    Args:
        blobs: Where files go.
        agent: `User-Agent`, with a contact in it.
        clock: Epoch seconds.
        sleep: Waits that many seconds.
        random: A number in [0, 1), for jitter.
        connections: Kept open per host.
        timeout: Seconds without a byte after which a connection is given up.
        attempts: Fruitless tries in a row of one file at one upstream.
        hosts: File in which processes share what they know of hosts; default none.
        progress: Who is told; default nobody.
    """
    listener = progress or Silent()
    requester = Requester(
        Opener(agent=agent, connections=connections, timeout=timeout),
        Breakers(clock, hosts),
        clock=clock,
        sleep=sleep,
        progress=listener,
    )
    retry = RetryPolicy(sleep=sleep, random=random, attempts=attempts)
    return Fetcher(requester, blobs, retry=retry, clock=clock, progress=listener)
