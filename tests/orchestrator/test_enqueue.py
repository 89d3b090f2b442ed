# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from orchestrator.enqueue import Enqueued, enqueue
from storage.ledger.values import Placement
from tests.orchestrator.reports import Office
from tests.storage.ledger.samples import new_target, spread


def test_queueing_twice_queues_once(office: Office) -> None:
    targets = [new_target("a"), new_target("b")]
    placement = Placement(priority=0, manual=True)

    def put() -> Enqueued:
        return enqueue(office.ledger, targets, placement, clock=office.clock, spread=spread)

    first = put()
    assert (first.created, first.queued) == (2, 2)
    assert put() == Enqueued(first.target_ids, 0, 0)
    assert {job.priority for job in office.ledger.queue.page().records} == {0}
