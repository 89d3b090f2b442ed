# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from snapshot.errors import InvalidInput, NotFound
from snapshot.verdict import Reason, Status
from storage.ledger import Ledger
from storage.ledger.records import Campaign
from tests.storage.ledger.samples import (
    FAILED,
    GOOD,
    NOON,
    attempt,
    claimed,
    new_target,
    spread,
    worker,
)


def campaign(ledger: Ledger, count: int = 3, replicas: int = 1) -> Campaign:
    made = ledger.campaigns.create("sid", "{}", priority=1, replicas=replicas, now=NOON)
    targets = [new_target(f"package{number}") for number in range(count)]
    ids = ledger.targets.put(targets, now=NOON, spread=spread).ids
    ledger.campaigns.enlist(made, ids, manual=True, now=NOON, spread=spread)
    return ledger.campaigns.get("sid")


def test_a_campaign_queues_its_targets_once(ledger: Ledger) -> None:
    made = campaign(ledger)
    assert made.targets == 3
    assert campaign(ledger) == made
    assert ledger.queue.page().total == 3


def test_a_campaign_may_ask_for_several_workers(ledger: Ledger) -> None:
    campaign(ledger, count=1, replicas=3)
    assert [job.replica for job in ledger.queue.page().records] == [1, 2, 3]


def test_a_name_stands_for_one_selection(ledger: Ledger) -> None:
    campaign(ledger)
    with pytest.raises(InvalidInput, match="'sid' exists with another selection"):
        ledger.campaigns.create("sid", '{"suite": "trixie"}', priority=1, replicas=1, now=NOON)


def test_an_unknown_campaign_is_named_in_the_error(ledger: Ledger) -> None:
    with pytest.raises(NotFound, match="no campaign 'x'"):
        ledger.campaigns.get("x")


def test_campaigns_are_listed_newest_first(ledger: Ledger) -> None:
    for name in ("first", "second"):
        ledger.campaigns.create(name, "{}", priority=1, replicas=1, now=NOON)
    assert [c.name for c in ledger.campaigns.list()] == ["second", "first"]


def test_counts_follow_the_work(ledger: Ledger) -> None:
    made = campaign(ledger)
    node = worker(ledger)
    ledger.attempts.record(attempt(claimed(ledger, node), GOOD, now=NOON + 60), spread=spread)
    ledger.attempts.record(attempt(claimed(ledger, node), FAILED, now=NOON + 90), spread=spread)
    claimed(ledger, node)
    counts = ledger.campaigns.counts(made)
    assert counts.by_status[Status.GOOD] == 1
    assert counts.by_status[Status.FAIL] == 1
    assert counts.by_status[Status.UNKNOWN] == 1
    assert counts.by_reason == {Reason.BUILD_FAILED: 1}
    assert (counts.running, counts.queued, counts.waiting) == (1, 0, 0)
    assert (counts.finished, counts.first_finished, counts.last_finished) == (
        2,
        NOON + 60,
        NOON + 90,
    )


def test_targets_come_by_source_name(ledger: Ledger) -> None:
    made = campaign(ledger)
    assert [t.source for t in ledger.campaigns.targets(made.id)] == [
        "package0",
        "package1",
        "package2",
    ]
