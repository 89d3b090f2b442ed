# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from storage.ledger import Ledger
from storage.ledger.values import JobState, LeaseState, Placement
from tests.storage.ledger.samples import NOON, claimed, new_target, put, worker


def states(ledger: Ledger, target_id: int) -> list[JobState]:
    return [job.state for job in ledger.queue.of_target(target_id)]


def test_a_dropped_job_is_closed_and_its_claim_superseded(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    node = worker(ledger)
    found = claimed(ledger, node)
    assert ledger.queue.drop_one(found.job.id, now=NOON)
    assert states(ledger, target_id) == [JobState.DROPPED]
    lease = ledger.leases.find(found.job.id, node.id)
    assert lease is not None
    assert lease.state is LeaseState.SUPERSEDED


def test_dropping_twice_drops_once(ledger: Ledger) -> None:
    put(ledger, new_target())
    job_id = ledger.queue.page().records[0].id
    assert ledger.queue.drop_one(job_id, now=NOON)
    assert not ledger.queue.drop_one(job_id, now=NOON)
    assert not ledger.queue.drop_one(999, now=NOON)


def test_unseen_drops_waiting_jobs_but_not_manual_ones(ledger: Ledger) -> None:
    late = Placement(not_before=NOON + 999)
    (waiting,) = put(ledger, new_target("waiting"), placement=late)
    (manual,) = put(ledger, new_target("manual"), placement=Placement(manual=True))
    dropped = ledger.targets.unsee("debian", "sid", "amd64", before=NOON + 1, now=NOON + 1)
    assert dropped == 1
    assert states(ledger, waiting) == [JobState.DROPPED]
    assert states(ledger, manual) == [JobState.QUEUED]


def test_unseen_is_bound_to_its_scope(ledger: Ledger) -> None:
    put(ledger, new_target("a", architecture="arm64"), new_target("b", release="trixie"))
    assert ledger.targets.unsee("debian", "sid", "amd64", before=NOON + 1, now=NOON) == 0
    assert ledger.queue.page().total == 2
