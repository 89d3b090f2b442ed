# SPDX-License-Identifier: GPL-3.0-or-later
"""A fetcher with everything it needs over one misbehaving upstream."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from mirror.breaker import Breakers
from mirror.fetch import Fetcher
from mirror.halt import Halt
from mirror.open_url import Opener
from mirror.pace import Pace
from mirror.progress import Silent
from mirror.remote_file import RemoteFile
from mirror.request import Requester
from mirror.retry import RetryPolicy
from snapshot.digest import Checksums, Digest
from storage.blobs import BlobStore, MemoryBlobs
from tests.faulty_upstream import FaultyUpstream

BODY = random.Random(7).randbytes(300_000)
FILE = "/pool/main/h/hello/hello_2.10-3_amd64.deb"
CHECKSUMS = Checksums(len(BODY), Digest.of(BODY))


class Listener(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.bytes = 0

    def say(self, message: str) -> None:
        self.said.append(message)

    def received(self, count: int) -> None:
        self.bytes += count


@dataclass
class Time:
    """A clock that only pauses move."""

    now: float = 1_800_000_000.0
    pauses: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Bench:
    """A fetcher with everything it needs, over one upstream."""

    def __init__(self, timeout: float = 5.0, blobs: BlobStore | None = None) -> None:
        self.upstream = FaultyUpstream({FILE: BODY, "/InRelease": b"a small document\n"})
        self.time = Time()
        self.listener = Listener()
        self.blobs = blobs or MemoryBlobs()
        self.halt = Halt()
        self.breakers = Breakers(self.time)
        self.pace = Pace(8, clock=self.time, sleep=self.time.sleep, halted=self.halt.is_set)
        self.opener = Opener(agent="dejabuild/test (+mailto:a@example.org)", timeout=timeout)
        self.requester = Requester(
            self.opener,
            self.breakers,
            self.pace,
            clock=self.time,
            sleep=self.time.sleep,
            progress=self.listener,
        )
        self.fetcher = Fetcher(
            self.requester,
            self.blobs,
            retry=RetryPolicy(sleep=self.time.sleep, random=lambda: 0.5),
            clock=self.time,
            progress=self.listener,
            halt=self.halt,
        )

    def fetch(self, *urls: str) -> bytes:
        remote = RemoteFile(FILE[1:], urls or (self.upstream.url + FILE,), CHECKSUMS)
        fetched = self.fetcher.fetch(remote)
        self.blobs.sync()
        with self.blobs.open(fetched.blob.digest) as reader:
            return reader.read()
