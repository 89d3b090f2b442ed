# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from snapshot.digest import Digest
from storage.ledger import Ledger
from storage.ledger.values import NewEvidence
from tests.storage.ledger.samples import NOON, claimed, new_target, put, worker


def evidence(name: str, body: bytes) -> NewEvidence:
    return NewEvidence("artifact", name, Digest.of(body), len(body), "identity", Digest.of(body))


def test_evidence_is_counted_by_content(ledger: Ledger) -> None:
    assert ledger.inventory.evidence() == (0, 0)
    put(ledger, new_target())
    node = worker(ledger)
    found = claimed(ledger, node)
    for name, body in (("a.deb", b"same"), ("b.deb", b"same"), ("c.deb", b"another")):
        ledger.attempts.add_evidence(found.job.id, node.id, evidence(name, body), now=NOON)
    assert ledger.inventory.evidence() == (2, 4 + 7)
