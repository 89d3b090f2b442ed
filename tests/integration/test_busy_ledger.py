# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that touches the queue, all at once: nothing gets stuck, nothing is lost."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrator.lease import Dispatcher, LeasePolicy, claim, expire, ping
from snapshot.wire import PopRequest
from storage.database import Database
from storage.ledger import Filter, Ledger
from storage.ledger.values import JobState, Placement, Retry
from tests.databases import DatabaseUrls
from tests.storage.ledger.samples import BAD, NOON, attempt, new_target

REQUEST = PopRequest(("debian",), ("amd64",), "x86_64")
TARGETS, ROUNDS = 40, 40


class Busy:
    """A ledger with many hands on it; its clock moves a little with every look."""

    def __init__(self, database: Database) -> None:
        self.ledger = Ledger(database)
        ticks = itertools.count()
        tokens = itertools.count()
        self.now: Callable[[], float] = lambda: NOON + next(ticks)
        self.dispatcher = Dispatcher(
            self.ledger,
            self.now,
            lambda: f"token {next(tokens)}",
            lambda: random.randrange(1000),
            # Some claims run out while their worker still lives: late reports happen too.
            policy=LeasePolicy(deadline=25, max_leases=2),
        )
        self.targets = [new_target(f"package{number}") for number in range(TARGETS)]

    def work(self, name: str) -> None:
        worker = self.ledger.workers.register(name, name, "192.0.2.1", now=self.now())
        for _ in range(ROUNDS):
            found = claim(self.dispatcher, worker, REQUEST)
            if found is None:
                continue
            ping(self.dispatcher, found.job.id, worker)
            now = self.now()
            made = attempt(found, BAD, now=now, retry=Retry(now, 2, 0))
            self.ledger.attempts.record(made, spread=lambda: 1)

    def disturb(self, seed: int) -> None:
        choose = random.Random(seed)
        for _ in range(ROUNDS):
            name = f"package{choose.randrange(TARGETS)}"
            deed = choose.randrange(5)
            if deed == 0:
                expire(self.dispatcher)
            elif deed == 1:
                self.ledger.queue.push(
                    Filter(), priority=choose.randrange(3), now=self.now(), spread=lambda: 1
                )
            elif deed == 2:
                self.ledger.queue.drop(Filter(name=name), now=self.now())
            elif deed == 3:
                mixed = choose.sample(self.targets, TARGETS)
                self.ledger.targets.put(mixed, Placement(), now=self.now(), spread=lambda: 1)
            else:
                self.ledger.targets.unsee("debian", "sid", "amd64", before=NOON, now=self.now())


@pytest.mark.serial
def test_many_hands_on_one_queue(database_urls: DatabaseUrls) -> None:
    database = Database.open(database_urls.ledger, "ledger")
    busy = Busy(database)
    busy.ledger.targets.put(busy.targets, Placement(), now=NOON, spread=lambda: 1)
    with ThreadPoolExecutor(10) as pool:
        hands = [pool.submit(busy.work, f"node{number}") for number in range(6)]
        hands += [pool.submit(busy.disturb, seed) for seed in range(4)]
        for hand in hands:
            hand.result(timeout=200)
    assert threading.active_count() < 30
    for number in range(TARGETS):
        (target,) = busy.ledger.targets.of_source(f"package{number}")
        jobs = busy.ledger.queue.of_target(target.id)
        open_now = [j for j in jobs if j.state not in (JobState.DONE, JobState.DROPPED)]
        assert len(open_now) <= 1
        builds = busy.ledger.builds.of_target(target.id)
        # Every build counts once, and the target shows the one that was built last.
        assert target.retries == len(builds)
        if builds:
            assert (target.newest_attempt, target.status) == (
                builds[0].id,
                builds[0].verdict.status,
            )
    database.close()
