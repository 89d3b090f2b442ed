# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand runs of one index: what each costs, how large the database gets, and a backfill.

Each run changes 0.5 % of the entries, source by source, to new versions; the bodies come from a
generator and are stored nowhere. Cost is processor time, PostgreSQL's included, so that other
programs of the machine disturb little; and since a processor may be slower half an hour later, it
is given in times of cutting the index into stanzas, too. Nothing is asserted about time.

    make bench ARGS="tests/benchmarks/bench_history.py"
    DEJABUILD_BENCH_RUNS=100 make bench …        # fewer runs
    DEJABUILD_BENCH_ENTRIES=10000 make bench …   # of the first so many entries only
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import text

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.stanza import iter_stanzas, split_stanzas
from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue, ReleaseRecord
from storage.database import Database
from tests.benchmarks.bench_import import packages
from tests.benchmarks.measure import verdict
from tests.databases import DatabaseUrls

__all__ = ["packages"]

RUNS = int(os.environ.get("DEJABUILD_BENCH_RUNS", "1000"))
ENTRIES = int(os.environ.get("DEJABUILD_BENCH_ENTRIES", "0")) or None
CHANGED = 0.005
STREAM = Coordinates("debian", "bench", "main", "amd64")
#: PostgreSQL of the tests does not tidy up by itself; a real one would about so often.
TIDY = 50
#: Every so often an index is only cut into stanzas.
CUT = 10

_SOURCE = re.compile(rb"^(?:Source|Package): (\S+)", re.MULTILINE)
_VERSION = re.compile(rb"^Version: (.*)$", re.MULTILINE)
_FILE = re.compile(rb"^Filename: (.*?)(\.u?deb)$", re.MULTILINE)
_DIGEST = re.compile(rb"^SHA256: .*$", re.MULTILINE)


class History:
    """The stanzas of one index as they are now; `advance` makes the next run's."""

    def __init__(self, index: bytes) -> None:
        self.stanzas = split_stanzas(index)[:ENTRIES]
        self._sources = defaultdict(list)
        for position, stanza in enumerate(self.stanzas):
            named = max(_SOURCE.finditer(stanza), key=lambda match: match[0][0])
            self._sources[named[1]].append(position)
        self._names = sorted(self._sources)
        self._random = random.Random(4)
        self.run = 0

    def advance(self) -> int:
        """Give 0.5 % of the entries new versions; answers how many."""
        self.run += 1
        wanted = max(1, int(len(self.stanzas) * CHANGED))
        chosen: set[int] = set()
        while len(chosen) < wanted:
            chosen.update(self._sources[self._random.choice(self._names)])
        for position in sorted(chosen)[:wanted]:
            self.stanzas[position] = self._renewed(self.stanzas[position])
        return wanted

    def _renewed(self, stanza: bytes) -> bytes:
        word = b"+r%d" % self.run
        digest = hashlib.sha256(stanza + word).hexdigest().encode()
        stanza = _VERSION.sub(lambda match: match[0] + word, stanza, count=1)
        stanza = _FILE.sub(lambda match: b"Filename: " + match[1] + word + match[2], stanza)
        return _DIGEST.sub(b"SHA256: " + digest, stanza)

    def body(self) -> Iterator[bytes]:
        for start in range(0, len(self.stanzas), 1000):
            yield b"\n\n".join(self.stanzas[start : start + 1000]) + b"\n\n"

    def digest(self) -> Digest:
        running = hashlib.sha256()
        for piece in self.body():
            running.update(piece)
        return Digest.from_raw(running.digest())


class Meter:
    """Processor time of this process and, where there is one, of the database's session."""

    def __init__(self, database: Database, backend: str) -> None:
        self._stat = Path()
        self._database, self._backend = database, backend
        if backend == "postgresql":
            with database.read() as connection:
                pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            self._stat = Path(f"/proc/{pid}/schedstat")

    def now(self) -> float:
        served = 0.0
        if self._backend == "postgresql":
            served = int(self._stat.read_text("ascii").split()[0]) / 1e9
        return time.process_time() + served

    def of(self, work: Callable[[], object]) -> float:
        began = self.now()
        work()
        return self.now() - began

    def tidy(self) -> None:
        if self._backend == "postgresql":
            with self._database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM"))

    def size(self) -> int:
        """Bytes of all tables and indices."""
        self.tidy()
        question = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if self._backend == "postgresql":
            question = "SELECT pg_database_size(current_database())"
        with self._database.read() as connection:
            size: int = connection.execute(text(question)).scalar_one()
        return size


def import_run(catalogue: Catalogue, history: History, at: Timestamp, digest: Digest) -> None:
    draft = catalogue.begin_run("debian", at, trust="release", origin="bench")
    catalogue.stage_release(draft, ReleaseRecord("bench", Digest.of(str(at).encode()), at))
    catalogue.stage_index(draft, STREAM, digest, history.body())
    catalogue.publish(draft)


def stamp(number: float) -> Timestamp:
    return Timestamp(1_700_000_000 + int(number * 21_600))


def test_a_thousand_runs(database_urls: DatabaseUrls, packages: bytes) -> None:
    database = Database.open(database_urls.catalogue, "catalogue")
    catalogue, history = Catalogue(database), History(packages)
    meter = Meter(database, database_urls.backend)
    empty = meter.size()
    print(f"\n{database_urls.backend}: {RUNS} runs of {len(history.stanzas):,} entries", flush=True)
    digest = history.digest()
    first = meter.of(lambda: import_run(catalogue, history, stamp(0), digest))
    once = meter.size() - empty
    print(f"  first import {first:.2f} s, {once / 1e6:.1f} MB", flush=True)
    costs, cuts, changed, middle = [], [], 0, b""
    for number in range(1, RUNS):
        changed += history.advance()
        digest = history.digest()
        costs.append(meter.of(lambda: import_run(catalogue, history, stamp(number), digest)))  # noqa: B023
        if number % CUT == 0:
            cuts.append(meter.of(lambda: sum(1 for _ in iter_stanzas(history.body()))))
        if number % TIDY == 0:
            meter.tidy()
        if number % (RUNS // 10 or 1) == 0:
            recent = statistics.median(costs[-(RUNS // 10 or 1) :])
            print(f"  up to run {number:5}: {recent:.3f} s each", flush=True)
        if number == RUNS // 2:
            middle = b"".join(history.body())
    tenth = max(1, len(costs) // 10)
    flat = statistics.fmean(costs[-tenth:]) / statistics.fmean(costs[:tenth])
    verdict("cost of the last tenth of the runs, of the first tenth", flat, 1.2, " x")
    some = len(cuts) // 10 or 1
    slower = statistics.median(cuts[-some:]) / statistics.median(cuts[:some])
    print(f"  cutting an index took {slower:.2f} times as long in the last tenth")
    verdict("the same, in times of cutting", flat / slower, 1.2, " x")
    grown = meter.size() - empty
    limit = once * (1 + changed / len(history.stanzas))
    print(f"  {grown / 1e6:.1f} MB after {changed:,} changed entries", flush=True)
    verdict("size, of one run and what changed", grown / limit, 1.2, " x")
    history.stanzas = split_stanzas(middle)
    history.advance()
    digest = history.digest()
    late = meter.of(lambda: import_run(catalogue, history, stamp(RUNS // 2 + 0.5), digest))
    verdict("a backfill in the middle, of a run", late / statistics.median(costs), 1.2, " x")
    cut = meter.of(lambda: [sum(1 for _ in iter_stanzas(history.body())) for _ in "ab"])
    verdict("the same, of cutting old and new into stanzas", late / cut, 3, " x")
    usual = statistics.median(costs) / (2 * statistics.median(cuts))
    verdict("a run, of cutting old and new into stanzas", usual, 3, " x")
    database.close()
