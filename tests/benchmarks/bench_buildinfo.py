# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /mr/buildinfo` with 250 packages over HTTP, over a thousand runs of history.

A real `dejabuild serve` with two processes; every request asks for another set, nothing is cached.
Printed: medians for sets that need one date, two dates and three archives, in both versions of the
answer; requests a second from four clients; the servers' own CPU time for one; their memory.

    make bench ARGS="tests/benchmarks/bench_buildinfo.py"
    DEJABUILD_BENCH_RUNS=100 make bench …    # a shorter history
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ops.demo.servants import Servants, wait_until
from tests.benchmarks.bench_import import CUT_THERE, cut, timed
from tests.benchmarks.long_history import LongHistory, stamp, whole_index
from tests.benchmarks.measure import verdict
from tests.databases import DatabaseUrls

NEEDS = 250
#: Requests of one kind, one after the other.
ROUNDS = 60
#: Requests of each of the clients that ask at once.
CLIENTS, EACH = 4, 250


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and the processes that answer."""

    place: str
    pids: tuple[int, ...]

    def cpu(self) -> float:
        """Seconds of user and system time so far."""
        fields = [Path(f"/proc/{pid}/stat").read_text("ascii").split() for pid in self.pids]
        ticks = sum(int(one[13]) + int(one[14]) for one in fields)
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident(self) -> int:
        """Bytes in memory of the largest process, at its peak."""
        texts = [Path(f"/proc/{pid}/status").read_text("ascii") for pid in self.pids]
        return max(int(re.search(r"VmHWM:\s+(\d+)", text)[1]) for text in texts) * 1024  # type: ignore[index]


@pytest.fixture(scope="module")
def history() -> LongHistory:
    return LongHistory(whole_index(), int(os.environ.get("DEJABUILD_BENCH_RUNS", "1000")))


def one_date(history: LongHistory, rng: random.Random) -> list[tuple[str, str]]:
    big, run = history.archives[0], rng.randrange(history.runs)
    return [history.need(big, one, run) for one in rng.sample(range(big.entries), NEEDS)]


def two_dates(history: LongHistory, rng: random.Random) -> list[tuple[str, str]]:
    """Half of it gone before the other half came."""
    big = history.archives[0]
    early = rng.randrange(history.runs // 2)
    late = rng.randrange(early + history.runs // 3, history.runs)
    changed = rng.sample(big.changed_between(early, late), NEEDS)
    runs = [early] * (NEEDS // 2) + [late] * (NEEDS - NEEDS // 2)
    return [history.need(big, one, run) for one, run in zip(changed, runs, strict=True)]


def three_archives(history: LongHistory, rng: random.Random) -> list[tuple[str, str]]:
    found = []
    for archive, count in zip(history.archives, (NEEDS - 50, 25, 25), strict=True):
        run = rng.randrange(archive.runs)
        positions = rng.sample(range(archive.entries), count)
        found += [history.need(archive, one, run) for one in positions]
    return found


KINDS = {"one date": one_date, "two dates": two_dates, "three archives": three_archives}


def record(needs: Sequence[tuple[str, str]], run: int) -> bytes:
    lines = ",\n ".join(f"{name} (= {version})" for name, version in sorted(set(needs)))
    date = stamp(run).datetime().strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (
        "Format: 1.0\nSource: bench\nBinary: bench\nArchitecture: amd64\nVersion: 1\n"
        f"Checksums-Sha256:\n {'a' * 64} 1 bench_1_amd64.deb\nBuild-Architecture: amd64\n"
        f"Build-Date: {date}\nInstalled-Build-Depends:\n {lines}\n"
    ).encode()


def records(history: LongHistory, kind: str, count: int, seed: int) -> list[bytes]:
    rng = random.Random(f"{kind} {seed}")
    return [record(KINDS[kind](history, rng), rng.randrange(history.runs)) for _ in range(count)]


@contextmanager
def serving(urls: DatabaseUrls, folder: Path) -> Iterator[Server]:
    """A real server over a catalogue."""
    data, config = folder / "data", folder / "config.toml"
    config.write_text(
        f'[server]\ndata = "{data}"\nlisten = "127.0.0.1:0"\nprocesses = 2\n'
        f'catalogue = "{urls.catalogue}"\nledger = "{urls.ledger}"\n'
    )
    with Servants(folder / "log") as servants:
        server = servants.start("serve", ["serve", "--config", str(config)])
        address = data / "run/address"
        wait_until(
            address.exists,
            [server],
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=60,
            what="the server",
        )
        place = urlsplit(address.read_text("utf-8").strip()).netloc
        for _ in range(20):  # each process has opened what it needs
            with closing(http.client.HTTPConnection(place, timeout=60)) as connection:
                ask(connection, "GET", "/mr/timestamp/debian/latest")
        pid = server.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        yield Server(place, tuple(map(int, children)))


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> tuple[float, int, bytes]:
    """Milliseconds, status and body."""
    begun = time.perf_counter()
    connection.request(method, path, body, {"Content-Type": "text/plain"} if body else {})
    answer = connection.getresponse()
    text = answer.read()
    return 1000 * (time.perf_counter() - begun), answer.status, text


def ask_all(place: str, bodies: Sequence[bytes]) -> list[float]:
    """Milliseconds of each, one after the other over one connection."""
    connection = http.client.HTTPConnection(place, timeout=60)
    taken = []
    for body in bodies:
        milliseconds, status, text = ask(connection, "POST", "/mr/buildinfo", body)
        assert status == 200, text[:500]
        taken.append(milliseconds)
    connection.close()
    return taken


def check(history: LongHistory, server: Server) -> None:
    """The answers are those that the questions were made for."""
    connection = http.client.HTTPConnection(server.place, timeout=60)
    for kind in KINDS:
        (body,) = records(history, kind, 1, 99)
        _, status, text = ask(connection, "POST", "/mr/buildinfo?v=2", body)
        found = json.loads(text)
        assert (status, found["complete"], found["dated"]["fewest"]) == (200, True, True)
        suites = {(one["archive"], one["suite"]) for one in found["dated"]["suites"]}
        dates = len(found["dated"]["suites"])
        assert (dates, len(suites)) == {
            "one date": (1, 1),
            "two dates": (2, 1),
            "three archives": (3, 3),
        }[kind], (kind, dates, suites)
    connection.close()


def test_posted_records(database_urls: DatabaseUrls, history: LongHistory, tmp_path: Path) -> None:
    history.copy(database_urls)
    with serving(database_urls, tmp_path) as server:
        check(history, server)
        print(
            f"\n{database_urls.backend}, {history.runs} runs: {NEEDS} packages, new ones each time"
        )
        connection = http.client.HTTPConnection(server.place, timeout=60)
        slowest = slowest_there = 0.0
        index = b"\n\n".join(whole_index())
        slowness = slower_here(index)
        for version in (1, 2):
            for kind in KINDS:
                taken, size = [], 0
                before = server.cpu()
                for body in records(history, kind, ROUNDS, version):
                    path = f"/mr/buildinfo?v={version}"
                    milliseconds, status, text = ask(connection, "POST", path, body)
                    assert status == 200, text[:500]
                    taken.append(milliseconds)
                    size = len(text)
                cpu = 1000 * (server.cpu() - before) / ROUNDS
                middle = statistics.median(taken)
                slowest = max(slowest, middle)
                earlier, slowness = slowness, slower_here(index)
                slowest_there = max(slowest_there, 2 * middle / (earlier + slowness))
                print(
                    f"  v{version} {kind:15} median {middle:6.1f} ms, 95 % "
                    f"{sorted(taken)[-3]:6.1f} ms, CPU of the server {cpu:5.1f} ms, "
                    f"answer {size / 1000:.0f} kB"
                )
        connection.close()
        rate, cpu = throughput(history, server)
        earlier, slowness = slowness, slower_here(index)
        rate_there = rate * (earlier + slowness) / 2
        lookups = binary_lookups(history, server)
        print(
            f"  {CLIENTS} clients at once: {rate:.0f} requests/s, "
            f"CPU of the servers {cpu:.1f} ms each"
        )
        print(
            f"  cutting an index takes {slowness:.1f} times what it took where the limits were set"
        )
        verdict("slowest median", slowest, 10, " ms")
        # As long as it takes here to cut an index just before and after, or as much more often.
        verdict("slowest median on that machine", slowest_there, 10, " ms")
        for where, found in (("", rate), (" on that machine", rate_there)):
            lacking = max(0, 1 - found / 150)
            verdict(f"of 150 requests/s the share that is lacking{where}", lacking, 0)
        verdict("GET /mr/binary/<b> median", lookups, 3, " ms")
        verdict("resident memory of a process", server.resident() / 1e6, 150, " MB")


def slower_here(index: bytes) -> float:
    """How many times as long as there it takes here to cut sid's index into stanzas twice."""
    return statistics.median(timed(lambda: cut(index, index))[0] for _ in range(3)) / CUT_THERE


def throughput(history: LongHistory, server: Server) -> tuple[float, float]:
    """Requests a second of all kinds from clients that ask at once; CPU ms of the servers each."""
    parts = []
    for client in range(CLIENTS):
        mixed = [
            body
            for kind in KINDS
            for body in records(history, kind, EACH // len(KINDS), 1000 + client)
        ]
        random.Random(client).shuffle(mixed)
        parts.append((server.place, mixed))
    with multiprocessing.get_context("fork").Pool(CLIENTS) as pool:
        before, begun = server.cpu(), time.perf_counter()
        pool.starmap(ask_all, parts, chunksize=1)
        seconds, cpu = time.perf_counter() - begun, server.cpu() - before
    count = sum(len(bodies) for _, bodies in parts)
    return count / seconds, 1000 * cpu / count


def binary_lookups(history: LongHistory, server: Server) -> float:
    rng, taken = random.Random(8), []
    connection = http.client.HTTPConnection(server.place, timeout=60)
    for _ in range(200):
        name, _ = rng.choice(history.names)
        milliseconds, status, _ = ask(connection, "GET", f"/mr/binary/{name}/")
        assert status == 200
        taken.append(milliseconds)
    connection.close()
    return statistics.median(taken)
