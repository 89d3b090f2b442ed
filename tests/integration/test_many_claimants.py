# SPDX-License-Identifier: GPL-3.0-or-later
"""Many server processes over one queue: no job twice, nobody turned away.

The peer answers "database is locked" to nine of ten workers that ask at once.
"""

from __future__ import annotations

from collections import Counter

import pytest

from storage.database import Database
from storage.ledger import Ledger
from storage.ledger.values import Placement
from tests.databases import DatabaseUrls
from tests.storage.ledger.samples import NOON, new_target
from tests.warm_python import WarmPython

PROCESSES, JOBS = 8, 240
DRAIN = "tests.integration.drain_queue:main"


@pytest.mark.serial
def test_many_processes_share_one_queue(database_urls: DatabaseUrls, python: WarmPython) -> None:
    database = Database.open(database_urls.ledger, "ledger")
    targets = [new_target(f"package{number}") for number in range(JOBS)]
    Ledger(database).targets.put(targets, Placement(), now=NOON, spread=lambda: 0)
    database.close()
    children = [
        python.start(DRAIN, {"url": database_urls.ledger, "name": f"node{number}"})
        for number in range(PROCESSES)
    ]
    assert [child.stdout.readline() for child in children] == ["ready\n"] * PROCESSES
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    lines = [line for child in children for line in child.stdout.read().splitlines()]
    assert [child.wait() for child in children] == [0] * PROCESSES
    errors = [line for line in lines if line.startswith("error")]
    taken = Counter(line for line in lines if line.startswith("job"))
    print(
        f"{database_urls.backend}: {len(taken)} jobs, {PROCESSES} processes, {len(errors)} errors"
    )
    assert errors == []
    assert len(taken) == JOBS
    assert set(taken.values()) == {1}
