# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast jobs are handed out from a queue as long as Debian's, on both databases.

    .venv/bin/python -m pytest -s -p no:cacheprovider tests/benchmarks/bench_claim_job.py

Workers are processes, as a WSGI server's are. Every claim is the whole `orchestrator.lease.claim`:
lost workers looked for, retries let in, the job taken, the worker's status written, the
target read. Printed: jobs per second, the ratio to one worker, errors (there must be none)
and jobs handed out twice (likewise).
"""

from __future__ import annotations

import multiprocessing
import secrets
import time
from collections import Counter
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from orchestrator.lease import Dispatcher, claim
from snapshot.wire import PopRequest
from storage.database import Database
from storage.ledger import Ledger
from storage.ledger.values import Placement
from tests.databases import DatabaseUrls
from tests.storage.ledger.samples import NOON, new_target

JOBS = 38_536
CLAIMS = 800
REQUEST = PopRequest(("debian",), ("amd64", "all"), "x86_64")


def _spread() -> int:
    return secrets.randbelow(2**31)


def _drain(url: str, name: str, count: int, results: Path, start: Barrier) -> None:
    database = Database.open(url, "ledger")
    ledger = Ledger(database)
    dispatcher = Dispatcher(ledger, lambda: NOON, lambda: secrets.token_hex(16), _spread)
    worker = ledger.workers.register(name, name, "192.0.2.1", now=NOON)
    taken, errors = [], Counter[str]()
    # The first claim of a process translates its statements to SQL; a server does that once.
    first = claim(dispatcher, worker, REQUEST)
    taken.append(-1 if first is None else first.job.id)
    start.wait()
    began = time.perf_counter()
    for _ in range(count):
        try:
            found = claim(dispatcher, worker, REQUEST)
        except Exception as error:  # noqa: BLE001  # every error is counted
            errors[type(error).__name__] += 1
        else:
            taken.append(-1 if found is None else found.job.id)
    ended = time.perf_counter()
    database.close()
    words = [f"{number}={word}" for word, number in errors.items()]
    results.write_text(" ".join([f"{began} {ended}", *map(str, taken), *words]))


@pytest.mark.serial
def test_jobs_handed_out_per_second(database_urls: DatabaseUrls, tmp_path: Path) -> None:
    database = Database.open(database_urls.ledger, "ledger")
    began = time.perf_counter()
    ledger = Ledger(database)
    targets = [
        new_target(f"package{n}", architecture="all" if n % 3 == 0 else "amd64")
        for n in range(JOBS)
    ]
    ledger.targets.put(targets, Placement(), now=NOON, spread=_spread)
    print(
        f"\n{database_urls.backend}: {JOBS:,} targets queued in {time.perf_counter() - began:.1f} s"
    )
    database.close()
    first = 0.0
    everything: Counter[int] = Counter()
    for workers in (1, 8, 32):
        files = [tmp_path / f"{workers}-{n}" for n in range(workers)]
        # Threads of this process must not be copied into the workers.
        context = multiprocessing.get_context("spawn")
        start = context.Barrier(workers)
        processes = [
            context.Process(
                target=_drain,
                args=(database_urls.ledger, file.name, CLAIMS // workers, file, start),
            )
            for file in files
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        answers = [file.read_text().split() for file in files]
        # perf_counter is one clock for all processes of a machine.
        seconds = max(float(a[1]) for a in answers) - min(float(a[0]) for a in answers)
        words = [word for answer in answers for word in answer[2:]]
        errors = [word for word in words if "=" in word]
        taken = [int(word) for word in words if "=" not in word]
        everything.update(taken)
        rate = (len(taken) - workers) / seconds
        first = first or rate
        print(
            f"  {workers:2} workers: {rate:6.0f} jobs/s ({rate / first:.2f} of one worker's),"
            f" errors: {errors or 'none'}"
        )
        assert not errors
        assert -1 not in taken
    assert set(everything.values()) == {1}
