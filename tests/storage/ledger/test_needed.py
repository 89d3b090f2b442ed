# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger refers to is never collected."""

from __future__ import annotations

from snapshot.digest import Digest
from storage.ledger import Ledger
from storage.ledger.values import NewEvidence
from tests.storage.ledger.samples import (
    NOON,
    attempt,
    claimed,
    new_target,
    put,
    spread,
    worker,
)


def test_evidence_is_needed_from_its_upload_on(ledger: Ledger) -> None:
    put(ledger, new_target())
    node = worker(ledger)
    found = claimed(ledger, node)
    log = NewEvidence("log", "", Digest.of(b"zstd"), 4, "zstd", Digest.of(b"plain"))
    ledger.attempts.add_evidence(found.job.id, node.id, log, now=NOON)
    assert log.digest in set(ledger.needed_digests())
    assert log.content_digest not in set(ledger.needed_digests())


def test_originals_are_needed_while_a_job_is_open(ledger: Ledger) -> None:
    target = new_target()
    originals = {one.sha256 for one in target.artifacts}
    put(ledger, target)
    assert originals <= set(ledger.needed_digests())
    found = claimed(ledger, worker(ledger))
    assert originals <= set(ledger.needed_digests())
    ledger.attempts.record(attempt(found), spread=spread)
    assert not originals & set(ledger.needed_digests())
