# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from snapshot.verdict import Reason, Status, Verdict
from storage.ledger import Ledger
from storage.ledger.values import JobState, LeaseState, Placement
from tests.storage.ledger.samples import (
    NOON,
    attempt,
    claim,
    claimed,
    new_target,
    put,
    spread,
    worker,
)

LOST = Verdict(Status.FAIL, Reason.WORKER_LOST)


def test_a_claim_is_found_by_its_word_or_by_its_worker(ledger: Ledger) -> None:
    put(ledger, new_target())
    node = worker(ledger)
    found = claimed(ledger, node)
    assert ledger.leases.find(found.job.id, node.id) == found.lease
    assert ledger.leases.find(found.job.id, node.id, found.lease.token) == found.lease
    assert ledger.leases.find(found.job.id, node.id, "guessed") is None
    assert ledger.leases.find(found.job.id, worker(ledger, "other").id) is None


def test_the_newest_unanswered_claim_is_meant(ledger: Ledger) -> None:
    put(ledger, new_target())
    node = worker(ledger)
    first = claimed(ledger, node)
    later = NOON + 1000
    (overdue,) = ledger.leases.overdue(later)
    assert ledger.leases.expire(overdue, now=later, lost=None, spread=spread)
    second = claimed(ledger, node, now=later)
    assert second.job.id == first.job.id
    assert ledger.leases.find(first.job.id, node.id) == second.lease


def test_a_ping_saves_a_claim_that_was_about_to_run_out(ledger: Ledger) -> None:
    put(ledger, new_target())
    node = worker(ledger)
    found = claimed(ledger, node)
    (overdue,) = ledger.leases.overdue(NOON + 541)
    assert ledger.leases.ping(found.job.id, node.id, now=NOON + 541, deadline=540)
    assert not ledger.leases.expire(overdue, now=NOON + 541, lost=None, spread=spread)
    lease = ledger.leases.find(found.job.id, node.id)
    assert lease is not None
    assert lease.state is LeaseState.ACTIVE


def test_a_claim_that_ran_out_gives_the_job_back_under_its_own_id(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    (overdue,) = ledger.leases.overdue(NOON + 541)
    assert ledger.leases.expire(overdue, now=NOON + 541, lost=None, spread=spread)
    (job,) = ledger.queue.page().records
    assert (job.id, job.state, job.started_at) == (found.job.id, JobState.QUEUED, None)


def test_or_ends_it_in_the_same_transaction(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    (overdue,) = ledger.leases.overdue(NOON + 541)
    lost = replace(attempt(found, LOST, now=NOON + 541), lease_id=None)
    assert ledger.leases.expire(overdue, now=NOON + 541, lost=lost, spread=spread)
    (build,) = ledger.builds.page().records
    assert str(build.verdict) == "FAIL worker-lost"
    assert ledger.queue.page().total == 0


def test_only_one_of_two_ends_a_claim(ledger: Ledger) -> None:
    put(ledger, new_target())
    claimed(ledger, worker(ledger))
    (overdue,) = ledger.leases.overdue(NOON + 541)
    ends = [
        ledger.leases.expire(overdue, now=NOON + 541, lost=None, spread=spread) for _ in range(2)
    ]
    assert ends == [True, False]


def test_a_report_in_the_meantime_saves_a_job_from_being_lost(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    (overdue,) = ledger.leases.overdue(NOON + 541)
    ledger.attempts.record(attempt(found), spread=spread)
    lost = replace(attempt(found, LOST), lease_id=None)
    assert not ledger.leases.expire(overdue, now=NOON + 541, lost=lost, spread=spread)
    assert [str(b.verdict) for b in ledger.builds.page().records] == ["GOOD"]


def test_nothing_is_due_until_something_is(ledger: Ledger) -> None:
    put(ledger, new_target("a"), placement=Placement(not_before=NOON + 50))
    put(ledger, new_target("b"))
    assert not ledger.leases.something_due(NOON)
    assert ledger.leases.something_due(NOON + 50)
    ledger.leases.promote(NOON + 50)
    claim(ledger, worker(ledger))
    assert not ledger.leases.something_due(NOON + 51)
    assert ledger.leases.something_due(NOON + 541)
