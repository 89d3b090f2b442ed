# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from storage.ledger.records import Worker
from tests.storage.ledger.samples import NOON


def test_a_worker_is_online_while_it_was_heard_within_the_deadline() -> None:
    node = Worker(1, "key", "node1", "192.0.2.1", None, NOON, NOON)
    assert node.online(NOON + 540)
    assert not node.online(NOON + 541)
    assert node.online(NOON + 541, deadline=600)
