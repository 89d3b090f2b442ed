# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from storage.ledger import Ledger
from storage.ledger.values import JobState, LeaseState, Placement
from tests.storage.ledger.samples import NOON, claim, claimed, new_target, put, worker


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
    assert not ledger.leases.expire(overdue, now=later, give_back=lambda _job: True)
    second = claimed(ledger, node, now=later)
    assert second.job.id == first.job.id
    assert ledger.leases.find(first.job.id, node.id) == second.lease


def test_a_ping_saves_a_claim_that_was_about_to_run_out(ledger: Ledger) -> None:
    put(ledger, new_target())
    node = worker(ledger)
    found = claimed(ledger, node)
    (overdue,) = ledger.leases.overdue(NOON + 541)
    assert ledger.leases.ping(found.job.id, node.id, now=NOON + 541, deadline=540)
    assert not ledger.leases.expire(overdue, now=NOON + 541, give_back=lambda _job: False)
    lease = ledger.leases.find(found.job.id, node.id)
    assert lease is not None
    assert lease.state is LeaseState.ACTIVE


def test_a_claim_that_ran_out_gives_the_job_back_or_ends_it(ledger: Ledger) -> None:
    put(ledger, new_target())
    node = worker(ledger)
    found = claimed(ledger, node)
    (overdue,) = ledger.leases.overdue(NOON + 541)
    assert ledger.leases.expire(overdue, now=NOON + 541, give_back=lambda _job: False)
    job = ledger.queue.get(found.job.id)
    assert job is not None
    assert job.state is JobState.RUNNING  # until the caller records `worker-lost`


def test_only_one_of_two_ends_a_claim(ledger: Ledger) -> None:
    put(ledger, new_target())
    claimed(ledger, worker(ledger))
    (overdue,) = ledger.leases.overdue(NOON + 541)
    ends = [
        ledger.leases.expire(overdue, now=NOON + 541, give_back=lambda _job: False)
        for _ in range(2)
    ]
    assert ends == [True, False]


def test_nothing_is_due_until_something_is(ledger: Ledger) -> None:
    put(ledger, new_target("a"), placement=Placement(not_before=NOON + 50))
    put(ledger, new_target("b"))
    assert not ledger.leases.something_due(NOON)
    assert ledger.leases.something_due(NOON + 50)
    ledger.leases.promote(NOON + 50)
    claim(ledger, worker(ledger))
    assert not ledger.leases.something_due(NOON + 51)
    assert ledger.leases.something_due(NOON + 541)
