# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a mirror takes, beside the mirror tools of Debian in the same run.

    make bench ARGS=tests/benchmarks/bench_mirror.py

Some 690 real packages, about 600 MB, from a private nginx on loopback. Every line has our time
and CPU as a ratio of the peer's. Missing tools are named by `make`, which installs them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.measure import Cost, interleaved, median, table, verdict
from tests.benchmarks.peers import VERIFYING, Contest, Upstream
from tests.benchmarks.real_archive import (
    RealArchive,
    Stanza,
    index_of,
    real_packages,
    repacked,
    warm,
)
from tests.benchmarks.web_server import WebServer, delayed, may_listen, serving
from tests.openpgp import ThrowawayKey

ROUNDS = 3
LATENCY = 0.030
SHARE = 20
MEMORY = 150 << 20


@dataclass
class Ground:
    """An archive of real packages, served, and a place to work in."""

    place: Path
    key: ThrowawayKey
    archive: RealArchive
    packages: list[tuple[Stanza, Path]]
    whole: bytes
    server: WebServer

    def publish(self) -> None:
        """The archive with its packages as they came."""
        self.archive.link(self.packages)
        self.archive.publish(index_of([stanza for stanza, _ in self.packages]))

    def contest(self, name: str, url: str = "", plain: str = "") -> Contest:
        if not url:
            url, plain = self.server.url, self._plain()
        return Contest(self.place / name, Upstream(url, plain, self.archive.paths), self.key)

    def _plain(self) -> str:
        # Ours, when nobody else could take it.
        return "" if may_listen("127.0.0.2", 80) else "http://127.0.0.2"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    place = tmp_path_factory.mktemp("bench")
    key = ThrowawayKey()
    try:
        packages, whole = real_packages()
        archive = RealArchive(place / "upstream", key)
        with serving(place / "upstream", place / "nginx") as server:
            one = Ground(place, key, archive, packages, whole, server)
            one.publish()
            warm(packages)
            print(f"{len(packages)} packages, {archive.size / 1e6:.0f} MB, nginx on loopback")
            yield one
    finally:
        key.close()
        shutil.rmtree(place, ignore_errors=True)


def fastest(costs: dict[str, Cost], names: tuple[str, ...]) -> float:
    return min(costs[name].wall for name in names)


def test_cold_nothing_new_and_one_in_twenty_changed(ground: Ground) -> None:
    contest = ground.contest("near")
    peers = contest.peers()
    names = ["dejabuild", *peers, "curl"]
    cold = interleaved(ROUNDS, contest.works(names, cold=True))
    table("cold mirror", cold)
    ours = cold["dejabuild"]
    verdict("cold, of the fastest that verifies", ours.wall / fastest(cold, VERIFYING), 0.8)
    verdict("cold, of curl --parallel", ours.wall / cold["curl"].wall, 2.5)
    _least(ground, contest, fastest(cold, VERIFYING))
    index = len(index_of([stanza for stanza, _ in ground.packages]))
    limit = (MEMORY + 3 * index) / 2**20
    verdict("peak memory of a process", ours.peak / 2**20, limit, " MiB")

    names.remove("curl")
    idle = interleaved(ROUNDS, contest.works(names, cold=False))
    table("nothing new", idle)
    before = len(ground.server.requests())
    contest.again("dejabuild")
    asked = ground.server.requests()[before:]
    print(f"  our requests when nothing is new: {asked}")
    assert [status for status, _ in asked] == [304]

    newer = repacked(ground.packages, SHARE, ground.place / "newer")
    ground.archive.link(newer)
    ground.archive.publish(index_of([stanza for stanza, _ in newer]))
    changed = interleaved(1, contest.works(names, cold=False))
    size = sum(
        stanza.size
        for (stanza, _), (old, _) in zip(newer, ground.packages, strict=True)
        if stanza is not old
    )
    table(f"one in {SHARE} changed ({size / 1e6:.0f} MB)", changed)
    share = size / ground.archive.size
    work = changed["dejabuild"].wall - idle["dejabuild"].wall
    all_of_it = ours.wall - idle["dejabuild"].wall
    verdict(
        f"work for {100 * share:.1f} % of the bytes, in % of a cold one's",
        100 * work / all_of_it,
        round(200 * share),
        " %",
    )
    shutil.rmtree(contest.place)
    ground.publish()


def _least(ground: Ground, contest: Contest, peer: float) -> None:
    """What nobody who verifies can be faster than here, whatever they are written in."""
    before = ground.server.cpu()
    curl = contest.cold("curl")
    serving = ground.server.cpu() - before
    began = time.process_time()
    for _, file in ground.packages:
        data = file.read_bytes()
        hashlib.sha256(data)
        hashlib.sha1(data, usedforsecurity=False)
    hashing = time.process_time() - began
    processors = len(os.sched_getaffinity(0))
    least = (serving + curl.cpu + hashing) / processors
    print(
        f"  serving {serving:.2f} s of CPU, receiving {curl.cpu:.2f} s, hashing {hashing:.2f} s: "
        f"on {processors} processors at least {least:.2f} s, "
        f"{least / curl.wall:.2f} of curl --parallel, {least / peer:.2f} of that peer"
    )


def test_thirty_milliseconds_away(ground: Ground) -> None:
    with delayed(ground.server.url, LATENCY) as url:
        if not may_listen("127.0.0.3", 80):
            _far(ground.contest("far", url))
            return
        with delayed(ground.server.url, LATENCY, ("127.0.0.3", 80)):
            _far(ground.contest("far", url, "http://127.0.0.3"))


def _far(contest: Contest) -> None:
    names = ["dejabuild", *contest.peers()]
    # One at a time over one connection: half a minute that tells nothing more the second time.
    slow = [name for name in ("reprepro", "debmirror") if name in names]
    costs = interleaved(ROUNDS, contest.works([n for n in names if n not in slow], cold=True))
    costs |= interleaved(1, contest.works(slow, cold=True))
    table(f"cold mirror, {1000 * LATENCY:.0f} ms away", costs)
    best = min(cost.wall for name, cost in costs.items() if name != "dejabuild")
    verdict("cold from afar, of the fastest peer", costs["dejabuild"].wall / best, 1.0)
    shutil.rmtree(contest.place)


def test_nothing_new_at_the_size_of_a_whole_suite(ground: Ground) -> None:
    entries = ground.whole.count(b"\nFilename: ")
    ground.archive.publish(ground.whole, packings=("", ".xz"))
    contest = ground.contest("whole")
    first = contest.cold("on-demand")
    print(f"\na whole suite, {entries} entries, {len(ground.whole) / 1e6:.0f} MB, files on demand")
    print(f"  first {first.wall:.2f} s  CPU {first.cpu:.2f} s  {first.peak / 2**20:.0f} MiB")
    limit = (MEMORY + 3 * len(ground.whole)) / 2**20
    verdict("peak memory of a process", first.peak / 2**20, limit, " MiB")
    before = len(ground.server.requests())
    idle = [contest.again("on-demand") for _ in range(2 * ROUNDS)]
    asked = ground.server.requests()[before:]
    one = median(idle)
    print(f"  nothing new {one.wall:.2f} s  CPU {one.cpu:.2f} s; requests {sorted(set(asked))}")
    assert [status for status, _ in asked] == [304] * len(idle)
    verdict("nothing new, start-up included", one.wall, 0.5, " s")
    ground.publish()


def test_memory_does_not_grow_with_the_size_of_a_file(ground: Ground) -> None:
    """One package of 4 GiB, a sparse file at the upstream; the rest of the benchmark is over."""
    size = 4 << 30
    file = ground.place / "huge.deb"
    with file.open("wb") as stream:
        stream.truncate(size)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    text = (
        "Package: huge\nVersion: 1\nArchitecture: amd64\nMaintainer: N <n@example.org>\n"
        f"Filename: pool/main/h/huge/huge_1_amd64.deb\nSize: {size}\nSHA256: {digest}\n"
        "Description: one file\n"
    )
    stanza = Stanza.read(text.encode().strip())
    ground.archive.link([(stanza, file)])
    ground.archive.publish(index_of([stanza]))
    contest = ground.contest("huge")
    cost = contest.cold("dejabuild")
    print(f"\none file of {size >> 20} MiB: {cost.wall:.1f} s  CPU {cost.cpu:.1f} s")
    verdict("peak memory of a process", cost.peak / 2**20, MEMORY / 2**20, " MiB")
    shutil.rmtree(contest.place)
    file.unlink()
    ground.publish()
