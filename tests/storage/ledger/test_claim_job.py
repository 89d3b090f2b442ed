# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from storage.database import Database
from storage.ledger import Ledger
from storage.ledger.values import Ability, Placement
from tests.storage.ledger.samples import EVERYTHING, NOON, claim, claimed, new_target, put, worker


def test_lower_priority_comes_first(ledger: Ledger) -> None:
    put(ledger, new_target("later"), placement=Placement(priority=5))
    put(ledger, new_target("sooner"), placement=Placement(priority=-5))
    node = worker(ledger)
    assert [claimed(ledger, node).job.name for _ in range(2)] == ["sooner", "later"]


def test_an_older_day_comes_before_a_newer_one(ledger: Ledger) -> None:
    put(ledger, new_target("today"), now=NOON)
    put(ledger, new_target("yesterday"), now=NOON - 86_400)
    assert claimed(ledger, worker(ledger)).job.name == "yesterday"


def test_within_a_day_the_spread_decides(ledger: Ledger) -> None:
    numbers = iter([3, 1, 2])
    targets = [new_target(name) for name in ("a", "b", "c")]
    ledger.targets.put(targets, Placement(), now=NOON, spread=lambda: next(numbers))
    node = worker(ledger)
    assert [claimed(ledger, node).job.name for _ in range(3)] == ["b", "c", "a"]


def test_the_most_urgent_lane_is_served_first(ledger: Ledger) -> None:
    put(ledger, new_target("slow", architecture="all"), placement=Placement(priority=2))
    put(ledger, new_target("fast", architecture="amd64"), placement=Placement(priority=1))
    assert claimed(ledger, worker(ledger)).job.name == "fast"


def test_an_empty_queue_gives_nothing(ledger: Ledger) -> None:
    assert claim(ledger, worker(ledger)) is None


def test_a_worker_gets_only_what_it_can_build(ledger: Ledger) -> None:
    put(ledger, new_target("arm", architecture="arm64"))
    put(ledger, new_target("source", kind="source"))
    put(ledger, new_target("big", tags=frozenset({"ram-64"})))
    amd64 = Ability(frozenset({"debian"}), frozenset({"amd64"}))
    fedora = Ability(frozenset({"fedora"}), frozenset({"*"}), EVERYTHING.kinds)
    node = worker(ledger)
    assert claim(ledger, node, ability=amd64) is None
    assert claim(ledger, node, ability=fedora) is None
    big = Ability(frozenset({"debian"}), frozenset({"amd64"}), tags=frozenset({"ram-64", "kvm"}))
    found = claim(ledger, node, ability=big)
    assert found is not None
    assert found.job.name == "big"


def test_replicas_go_to_different_workers(ledger: Ledger) -> None:
    put(ledger, new_target(), placement=Placement(replicas=2))
    first, second = worker(ledger, "node1"), worker(ledger, "node2")
    assert claimed(ledger, first).job.replica == 1
    assert claim(ledger, first) is None
    assert claimed(ledger, second).job.replica == 2


def test_a_waiting_retry_is_let_in_when_its_time_comes(ledger: Ledger) -> None:
    put(ledger, new_target(), placement=Placement(not_before=NOON + 100))
    node = worker(ledger)
    assert ledger.leases.promote(NOON + 99) == 0
    assert claim(ledger, node) is None
    assert ledger.leases.promote(NOON + 100) == 1
    assert claimed(ledger, node).job.next_retry == NOON + 100


def test_no_job_is_handed_out_twice_and_nobody_finds_the_database_locked(
    ledger: Ledger,
) -> None:
    targets = [new_target(f"package{number}") for number in range(120)]
    ledger.targets.put(targets, Placement(), now=NOON, spread=lambda: 0)
    nodes = [worker(ledger, f"node{number}") for number in range(16)]

    def drain(index: int) -> list[int]:
        jobs = []
        while (found := claim(ledger, nodes[index])) is not None:
            jobs.append(found.job.id)
        return jobs

    with ThreadPoolExecutor(16) as pool:
        taken = Counter(job for jobs in pool.map(drain, range(16)) for job in jobs)
    assert len(taken) == 120
    assert set(taken.values()) == {1}


def test_the_head_of_a_lane_is_found_by_its_index(
    ledger: Ledger, ledger_database: Database
) -> None:
    put(ledger, new_target())
    if ledger_database.engine.dialect.name == "postgresql":
        plan = "EXPLAIN "
        settings = "SET enable_seqscan = off"
    else:
        plan, settings = "EXPLAIN QUERY PLAN ", "SELECT 1"
    query = (
        "SELECT id FROM jobs WHERE state = 'queued' AND lane = 'debian buildinfo amd64 '"
        " ORDER BY priority, day, spread, id LIMIT 1"
    )
    with ledger_database.write() as connection:
        connection.execute(text(settings))
        words = " ".join(str(row) for row in connection.execute(text(plan + query)))
    assert "ix_jobs_queued" in words
    assert "B-TREE" not in words
    assert "Sort" not in words
