# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from storage.ledger import Filter, Ledger
from storage.ledger.values import JobState, Placement
from tests.storage.ledger.samples import NOON, claim, claimed, new_target, put, spread, worker


def push(ledger: Ledger, filters: Filter | None = None, priority: int = 0) -> int:
    return ledger.queue.push(filters or Filter(), priority=priority, now=NOON, spread=spread)


def test_jobs_are_shown_with_the_names_of_their_targets(ledger: Ledger) -> None:
    put(ledger, new_target())
    (job,) = ledger.queue.page().records
    assert (job.name, job.version, job.release) == ("hello", "2.10-3", "sid")
    assert (job.next_retry, job.started_at, job.priority) == (None, None, 1)
    assert ledger.queue.get(job.id) == job
    assert ledger.queue.get(99) is None


def test_a_job_of_no_release_has_none(ledger: Ledger) -> None:
    put(ledger, new_target(release=""))
    assert ledger.queue.page().records[0].release is None


def test_a_push_moves_an_open_job_forward_under_its_own_id(ledger: Ledger) -> None:
    put(ledger, new_target())
    (before,) = ledger.queue.page().records
    assert push(ledger, priority=-5) == 1
    (job,) = ledger.queue.page().records
    assert (job.id, job.priority, job.next_retry) == (before.id, -5, NOON - 60)
    assert job.manual


def test_a_push_makes_a_waiting_retry_due_at_once(ledger: Ledger) -> None:
    put(ledger, new_target(), placement=Placement(not_before=NOON + 999))
    push(ledger)
    assert claim(ledger, worker(ledger)) is not None


def test_a_push_queues_what_is_not_in_the_queue_under_a_new_id(ledger: Ledger) -> None:
    put(ledger, new_target())
    (old,) = ledger.queue.page().records
    ledger.queue.drop(Filter(), now=NOON)
    assert push(ledger, Filter(name="hello")) == 1
    (job,) = ledger.queue.page().records
    assert job.id > old.id
    assert push(ledger, Filter(name="other")) == 0


def test_a_push_leaves_a_running_job_alone(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    assert push(ledger) == 1
    job = ledger.queue.get(found.job.id)
    assert job is not None
    assert (job.state, job.priority) == (JobState.RUNNING, 1)
    assert ledger.queue.page().total == 1


def test_hurry_means_exactly_these_targets(ledger: Ledger) -> None:
    late = Placement(not_before=NOON + 999)
    first, _ = put(ledger, new_target("a"), new_target("b"), placement=late)
    queued = ledger.queue.hurry([first, first], priority=0, now=NOON, spread=spread)
    assert queued == 1
    states = {job.name: job.state for job in ledger.queue.page().records}
    assert states == {"a": JobState.QUEUED, "b": JobState.WAITING}


def test_a_drop_without_a_filter_empties_the_queue_running_jobs_too(ledger: Ledger) -> None:
    put(ledger, new_target("a"), new_target("b"))
    claimed(ledger, worker(ledger))
    assert ledger.queue.drop(now=NOON) == 2
    assert ledger.queue.page().total == 0
    assert ledger.queue.running() == ()


def test_running_jobs_are_listed_longest_first(ledger: Ledger) -> None:
    put(ledger, new_target("a"), new_target("b"), new_target("c"))
    node = worker(ledger)
    claimed(ledger, node, now=NOON + 5)
    claimed(ledger, node, now=NOON)
    assert [job.name for job in ledger.queue.running()] == ["b", "a"]
    assert [job.name for job in ledger.queue.running(limit=1)] == ["b"]


def test_a_closed_job_can_be_read_but_is_not_in_the_queue(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    (job,) = ledger.queue.page().records
    ledger.queue.drop_one(job.id, now=NOON)
    assert ledger.queue.get(job.id, open_only=True) is None
    assert [j.state for j in ledger.queue.of_target(target_id)] == [JobState.DROPPED]


def test_ids_are_never_used_twice(ledger: Ledger) -> None:
    seen = []
    for _ in range(3):
        push(ledger) or put(ledger, new_target())
        seen += [job.id for job in ledger.queue.page().records]
        ledger.queue.drop(now=NOON)
    assert seen == sorted(set(seen))
