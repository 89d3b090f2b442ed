# SPDX-License-Identifier: GPL-3.0-or-later
"""Many server processes over one queue: no job twice, nobody turned away.

The peer answers "database is locked" to nine of ten workers that ask at once.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from orchestrator.lease import Dispatcher, claim, ping
from snapshot.wire import PopRequest
from storage.database import Database
from storage.ledger import Ledger
from storage.ledger.values import Placement
from tests.databases import DatabaseUrls
from tests.storage.ledger.samples import NOON, new_target

PROCESSES, JOBS = 8, 240
REQUEST = PopRequest(("debian",), ("amd64",), "x86_64")


def drain(url: str, name: str, start: Barrier, answer: Path) -> None:
    """Claim and ping until nothing is left; write down every job, and every error by name."""
    database = Database.open(url, "ledger")
    ledger = Ledger(database)
    words = iter(f"{name} {number}" for number in range(10_000))
    dispatcher = Dispatcher(ledger, lambda: NOON, lambda: next(words), lambda: 0)
    worker = ledger.workers.register(name, name, "192.0.2.1", now=NOON)
    start.wait()
    lines = []
    while True:
        try:
            found = claim(dispatcher, worker, REQUEST)
            if found is None:
                break
            lines.append(f"job {found.job.id}")
            if not ping(dispatcher, found.job.id, worker):
                lines.append("error a fresh claim could not be pinged")
        except Exception as error:  # noqa: BLE001  # every error is counted
            lines.append(f"error {type(error).__name__} {error}"[:300])
            break
    database.close()
    answer.write_text("\n".join(lines))


@pytest.mark.serial
def test_many_processes_share_one_queue(database_urls: DatabaseUrls, tmp_path: Path) -> None:
    database = Database.open(database_urls.ledger, "ledger")
    targets = [new_target(f"package{number}") for number in range(JOBS)]
    Ledger(database).targets.put(targets, Placement(), now=NOON, spread=lambda: 0)
    database.close()
    # Connections must not be copied into children, so these start from nothing.
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES)
    answers = [tmp_path / f"node{number}" for number in range(PROCESSES)]
    children = [
        context.Process(target=drain, args=(database_urls.ledger, path.name, start, path))
        for path in answers
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(240)
    lines = [line for path in answers for line in path.read_text().splitlines()]
    errors = [line for line in lines if line.startswith("error")]
    taken = Counter(line for line in lines if line.startswith("job"))
    print(
        f"{database_urls.backend}: {len(taken)} jobs, {PROCESSES} processes, {len(errors)} errors"
    )
    assert errors == []
    assert len(taken) == JOBS
    assert set(taken.values()) == {1}
