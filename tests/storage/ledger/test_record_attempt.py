# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Thread

from snapshot.digest import Digest
from snapshot.verdict import Strategy
from storage.ledger import Ledger
from storage.ledger.record_attempt import Recorded, storable
from storage.ledger.values import JobState, LeaseState, Retry
from tests.storage.ledger.samples import (
    BAD,
    FAILED,
    GOOD,
    NOON,
    attempt,
    claimed,
    new_target,
    put,
    spread,
    worker,
)


def test_all_that_a_worker_said_is_read_back(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    made = replace(
        attempt(found),
        environment=Digest.of(b"environment"),
        strategy=Strategy("fakeroot", ("fakeroot=1.31", "libfakeroot=1.31")),
        phases={"fetch": 1.5, "build": 20.0, "compare": 0.1},
        worker_version="0.1.0",
    )
    recorded = ledger.attempts.record(made, spread=spread)
    build = ledger.builds.get(recorded.attempt_id)
    assert build is not None
    assert build.environment == made.environment
    assert build.strategy == made.strategy
    assert list(build.phases.items()) == [("fetch", 1.5), ("build", 20.0), ("compare", 0.1)]
    assert (build.worker_version, build.started_at, build.late) == ("0.1.0", NOON, False)


def test_the_same_attempt_twice_is_one(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    first = ledger.attempts.record(attempt(found, BAD), spread=spread)
    again = ledger.attempts.record(attempt(found, BAD), spread=spread)
    assert again == Recorded(first.attempt_id, duplicate=True, closed_job=False)
    assert ledger.targets.get(found.target.id).retries == 1


def test_two_at_once_are_one(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    start, results = Barrier(4), []

    def report() -> None:
        start.wait()
        results.append(ledger.attempts.record(attempt(found), spread=spread))

    threads = [Thread(target=report) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({r.attempt_id for r in results}) == 1
    assert sorted(r.duplicate for r in results) == [False, True, True, True]


def test_the_job_ends_with_its_first_attempt(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    recorded = ledger.attempts.record(attempt(found), spread=spread)
    assert recorded.closed_job
    job = ledger.queue.get(found.job.id)
    assert job is not None
    assert (job.state, job.closed_at) == (JobState.DONE, NOON)
    lease = ledger.leases.find(found.job.id, found.lease.worker_id)
    assert lease is not None
    assert lease.state is LeaseState.REPORTED


def test_a_retry_is_a_new_job_in_the_same_lane(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    retry = Retry(not_before=NOON + 300, priority=2, hurried=1)
    recorded = ledger.attempts.record(attempt(found, FAILED, retry=retry), spread=spread)
    (job,) = ledger.queue.page().records
    assert job.id == recorded.retry_job
    assert (job.state, job.next_retry, job.hurried) == (JobState.WAITING, NOON + 300, 1)
    ledger.leases.promote(NOON + 300)
    assert claimed(ledger, worker(ledger), now=NOON + 300).job.id == job.id


def test_what_comes_after_the_end_is_kept_and_moves_nothing(ledger: Ledger) -> None:
    put(ledger, new_target())
    slow = claimed(ledger, worker(ledger, "slow"))
    (overdue,) = ledger.leases.overdue(NOON + 541)
    ledger.leases.expire(overdue, now=NOON + 541, lost=None, spread=spread)
    fast = claimed(ledger, worker(ledger, "fast"), now=NOON + 541)
    ledger.attempts.record(attempt(fast, GOOD, now=NOON + 600), spread=spread)
    late = attempt(slow, BAD, now=NOON + 500, retry=Retry(NOON + 999, 2, 0))
    recorded = ledger.attempts.record(late, spread=spread)
    assert (recorded.closed_job, recorded.retry_job) == (False, None)
    build = ledger.builds.get(recorded.attempt_id)
    assert build is not None
    assert build.late
    assert ledger.queue.page().total == 0


def test_the_newest_attempt_is_the_one_built_last(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    slow = claimed(ledger, worker(ledger, "slow"))
    (overdue,) = ledger.leases.overdue(NOON + 541)
    ledger.leases.expire(overdue, now=NOON + 541, lost=None, spread=spread)
    fast = claimed(ledger, worker(ledger, "fast"), now=NOON + 541)
    newest = ledger.attempts.record(attempt(fast, GOOD, now=NOON + 600), spread=spread)
    ledger.attempts.record(attempt(slow, BAD, now=NOON + 500), spread=spread)
    target = ledger.targets.get(target_id)
    assert (target.newest_attempt, target.status) == (newest.attempt_id, GOOD.status)


def test_a_good_clears_the_reason_of_an_older_failure(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    node = worker(ledger)
    retry = Retry(NOON, 2, 0)
    ledger.attempts.record(attempt(claimed(ledger, node), FAILED, retry=retry), spread=spread)
    assert ledger.targets.get(target_id).reason is FAILED.reason
    ledger.leases.promote(NOON)
    ledger.attempts.record(attempt(claimed(ledger, node), GOOD, now=NOON + 1), spread=spread)
    target = ledger.targets.get(target_id)
    assert (target.status, target.reason, target.retries) == (GOOD.status, None, 1)


def test_what_no_database_can_hold_is_made_visible() -> None:
    assert storable("a\0b") == "a\ufffdb"
    assert storable("half \ud800 pair") == "half ? pair"
    assert storable("whole \U0001f600") == "whole \U0001f600"
