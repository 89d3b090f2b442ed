# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing a real Packages index: first, with 0.5 % changed, backfilled; then looking things up.

Printed as times (and processor time of this process) and as ratios to a peer of the same run:
cutting the old and the new file into stanzas. Limits are printed beside; the longest write
transaction may last a second. Nothing is asserted about time.

    make bench ARGS="tests/benchmarks/bench_import.py"
    DEJABUILD_BENCH_PACKAGES=/path/to/Packages make bench …   # another index than the machine's own
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.need import Need
from snapshot.stanza import iter_stanzas, split_stanzas
from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue, ImportCounts, ReleaseRecord
from storage.database import Database
from tests.benchmarks.measure import verdict
from tests.databases import DatabaseUrls

STREAM = Coordinates("debian", "bench", "main", "amd64")
#: Seconds that a first import of all of sid's main may take.
FIRST = {"sqlite": 3, "postgresql": 4}
#: What cutting the old and the new index took on the machine for which that was said.
CUT_THERE = 0.22
NEEDS = 250
RUNS = 300
#: Stanzas that change in each run of the history: a tenth of sid's churn, to be done in time.
CHURN = 12

T = TypeVar("T")


class Timed(Database):
    """Remembers how long its longest write transaction held the lock."""

    def __init__(self, other: Database) -> None:
        super().__init__(other.engine, other.kind, other._reading)
        self.longest = 0.0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            begun = time.perf_counter()
            yield connection
        self.longest = max(self.longest, time.perf_counter() - begun)


@pytest.fixture(scope="module")
def packages() -> bytes:
    """The plain text of the biggest index at hand."""
    named = os.environ.get("DEJABUILD_BENCH_PACKAGES")
    if named:
        return Path(named).read_bytes()
    lists = Path("/var/lib/apt/lists").glob("*_Packages*")
    biggest = max(lists, key=lambda path: path.stat().st_size, default=None)
    if biggest is None:
        pytest.fail("no Packages index: run `apt-get update`, or set DEJABUILD_BENCH_PACKAGES")
    command = ["/usr/lib/apt/apt-helper", "cat-file", str(biggest)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), 1 << 20):
        yield data[start : start + (1 << 20)]


def timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def changed(data: bytes, share: float, seed: int) -> bytes:
    """The index with some stanzas restated, as an archive moves tags."""
    stanzas = split_stanzas(data)
    for number in random.Random(seed).sample(range(len(stanzas)), int(len(stanzas) * share)):
        stanzas[number] += b"\nX-Bench: %d" % seed
    return b"\n\n".join(stanzas) + b"\n"


def import_run(
    catalogue: Catalogue, number: int, data: bytes, digest: Digest | None = None
) -> ImportCounts:
    at = Timestamp(1_700_000_000 + number * 21_600)
    draft = catalogue.begin_run("debian", at, trust="release", origin="bench")
    catalogue.stage_release(draft, ReleaseRecord("bench", Digest.of(str(at).encode()), at))
    # A mirror knows the digest from the Release.
    counts = catalogue.stage_index(draft, STREAM, digest or Digest.of(data), pieces(data))
    catalogue.publish(draft)
    return counts


def cut(*indices: bytes) -> int:
    return sum(1 for data in indices for _ in iter_stanzas(pieces(data)))


def test_import(database_urls: DatabaseUrls, packages: bytes) -> None:
    database = Timed(Database.open(database_urls.catalogue, "catalogue"))
    catalogue = Catalogue(database)
    half = changed(packages, 0.005, 1)
    other = changed(packages, 0.005, 2)
    print(f"\n{database_urls.backend}: index of {len(packages) / 1e6:.1f} MB")
    found, ratios = {}, {}
    for label, number, data in (
        ("first import", 1, packages),
        ("next run, 0.5 % changed", 3, half),
        ("backfill between, 0.5 % others", 2, other),
        ("next run, nothing changed", 4, half),
    ):
        digest = Digest.of(data)
        # Before and after: a machine that others use is not as fast at any moment.
        peer, _ = timed(lambda: cut(packages, half))
        began = time.process_time()
        found[label], counts = timed(partial(import_run, catalogue, number, data, digest))
        busy = time.process_time() - began
        peer = (peer + timed(lambda: cut(packages, half))[0]) / 2
        ratios[label] = found[label] / peer
        cost = f"{found[label]:6.2f} s ({busy:.2f} s busy), cutting {peer:.2f} s"
        print(f"  {label:33} {cost}: {ratios[label]:5.2f} x   {counts}")
    first = FIRST[database_urls.backend]
    verdict("first import", found["first import"], first, " s")
    # A machine of another speed is only compared by this.
    ratio_there = round(first / CUT_THERE, 1)
    verdict("first import", ratios["first import"], ratio_there, " x cutting")
    verdict("next run", ratios["next run, 0.5 % changed"], 3, " x cutting")
    verdict("backfill", ratios["backfill between, 0.5 % others"], 3, " x cutting")
    verdict("longest write transaction", database.longest, 1, " s")
    database.close()


def test_lookups_over_a_long_history(database_urls: DatabaseUrls, packages: bytes) -> None:
    database = Database.open(database_urls.catalogue, "catalogue")
    catalogue = Catalogue(database)
    stanzas = split_stanzas(packages)[:3000]
    rng = random.Random(3)
    build, _ = timed(lambda: _history(catalogue, stanzas, rng))
    listed = catalogue.packages_in(
        "debian", catalogue.run_stamps("debian")[-1], "bench", "main", "amd64"
    )
    needs = [
        Need(one.package.name, one.package.version)
        for one in rng.sample(listed, min(NEEDS, len(listed)))
    ]
    digests = [one.files[0].digest for one in listed[:NEEDS] if one.files]
    folder = listed[0].files[0].path.rsplit("/", 1)[0]
    middle = catalogue.run_stamps("debian")[RUNS // 2]
    print(
        f"\n{database_urls.backend}: {RUNS} runs of {len(stanzas)} entries, made in {build:.0f} s"
    )
    lookups: list[tuple[str, Callable[[], object]]] = [
        (f"locate {len(needs)} needs", lambda: len(catalogue.locate(needs))),
        (f"indexed {len(digests)} digests", lambda: len(catalogue.indexed(digests))),
        (f"stanzas of {len(digests)} digests", lambda: len(catalogue.stanzas(digests))),
        (
            "file of the pool",
            lambda: catalogue.file_at("debian", middle, listed[0].files[0].path) is not None,
        ),
        (
            "directory of the pool",
            lambda: len(catalogue.list_directory("debian", middle, folder) or ()),
        ),
        ("pool/main", lambda: len(catalogue.list_directory("debian", middle, "pool/main") or ())),
        ("source names", lambda: len(catalogue.source_names())),
        (
            "an index of an old run",
            lambda: len(catalogue.packages_in("debian", middle, "bench", "main", "amd64")),
        ),
    ]
    for label, work in lookups:
        work()
        seconds, answer = timed(work)
        print(f"  {label:26} {1000 * seconds:8.1f} ms   ({answer})")
    database.close()


def _history(catalogue: Catalogue, stanzas: list[bytes], rng: random.Random) -> None:
    current = list(stanzas)
    for number in range(RUNS):
        if number:
            for position in rng.sample(range(len(current)), CHURN):
                current[position] = stanzas[position] + b"\nX-Bench: %d" % number
        import_run(catalogue, number, b"\n\n".join(current) + b"\n")
