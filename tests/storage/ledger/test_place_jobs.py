# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from storage.ledger import Filter, Ledger
from storage.ledger.place_jobs import job_row
from storage.ledger.values import JobState, Placement
from tests.storage.ledger.samples import (
    BAD,
    GOOD,
    NOON,
    attempt,
    claimed,
    new_target,
    put,
    spread,
    worker,
)

MANUAL = Placement(priority=0, manual=True)


def test_a_target_has_one_place_per_replica(ledger: Ledger) -> None:
    for _ in range(2):
        put(ledger, new_target(), placement=Placement(replicas=2))
    assert [job.replica for job in ledger.queue.page().records] == [1, 2]


def test_what_is_good_is_not_queued_again_by_a_sync_but_by_a_person(ledger: Ledger) -> None:
    put(ledger, new_target())
    ledger.attempts.record(attempt(claimed(ledger, worker(ledger)), GOOD), spread=spread)
    put(ledger, new_target())
    assert ledger.queue.page().total == 0
    put(ledger, new_target(), placement=MANUAL)
    assert ledger.queue.page().total == 1


def test_what_the_retry_policy_gave_up_is_not_queued_by_a_sync(ledger: Ledger) -> None:
    put(ledger, new_target())
    ledger.attempts.record(attempt(claimed(ledger, worker(ledger)), BAD), spread=spread)
    put(ledger, new_target())
    assert ledger.queue.page().total == 0


def test_what_was_dropped_before_it_ran_comes_back_with_the_next_sync(ledger: Ledger) -> None:
    put(ledger, new_target())
    ledger.queue.drop(Filter(), now=NOON)
    put(ledger, new_target())
    assert ledger.queue.page().total == 1


def test_a_dropped_retry_of_a_bad_comes_back_but_not_after_a_good(ledger: Ledger) -> None:
    put(ledger, new_target("bad"), new_target("good"))
    node = worker(ledger)
    for verdict in (BAD, GOOD):
        ledger.attempts.record(attempt(claimed(ledger, node), verdict), spread=spread)
    ledger.queue.push(Filter(), priority=2, now=NOON, spread=spread)
    ledger.queue.drop(Filter(), now=NOON)
    put(ledger, new_target("bad"), new_target("good"))
    assert [job.name for job in ledger.queue.page().records] == ["bad"]


def test_a_job_that_must_wait_is_waiting() -> None:
    later = Placement(not_before=NOON + 1)
    row = job_row(1, "lane", 1, later, now=NOON, spread=lambda: 7)
    assert (row["state"], row["spread"], row["day"]) == ("waiting", 7, int(NOON // 86_400))
    past = Placement(not_before=NOON - 60)
    assert job_row(1, "lane", 1, past, now=NOON, spread=lambda: 7)["state"] == JobState.QUEUED
