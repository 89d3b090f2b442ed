# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from snapshot.digest import Digest
from storage.ledger import Ledger
from storage.ledger.values import NewAttestation, NewEvidence
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


def log(body: bytes = b"log") -> NewEvidence:
    return NewEvidence("log", "", Digest.of(body), len(body), "identity", Digest.of(body))


def test_a_claim_knows_which_attempt_answered_it(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    assert ledger.attempts.answered(found.lease.id) is None
    recorded = ledger.attempts.record(attempt(found), spread=spread)
    assert ledger.attempts.answered(found.lease.id) == recorded.attempt_id


def test_evidence_of_one_kind_and_name_replaces_what_was_uploaded_before(ledger: Ledger) -> None:
    put(ledger, new_target())
    node = worker(ledger)
    found = claimed(ledger, node)
    first = ledger.attempts.add_evidence(found.job.id, node.id, log(b"half"), now=NOON)
    second = ledger.attempts.add_evidence(found.job.id, node.id, log(b"whole"), now=NOON + 1)
    assert first.id == second.id
    assert ledger.attempts.pending_evidence(found.job.id, node.id) == (second,)


def test_uploads_of_another_worker_are_not_attached(ledger: Ledger) -> None:
    put(ledger, new_target())
    node, other = worker(ledger), worker(ledger, "other")
    found = claimed(ledger, node)
    ledger.attempts.add_evidence(found.job.id, other.id, log(), now=NOON)
    recorded = ledger.attempts.record(attempt(found), spread=spread)
    assert ledger.attempts.evidence(recorded.attempt_id) == ()
    assert len(ledger.attempts.pending_evidence(found.job.id, other.id)) == 1


def test_evidence_is_chosen_by_kind(ledger: Ledger) -> None:
    put(ledger, new_target())
    node = worker(ledger)
    found = claimed(ledger, node)
    ledger.attempts.add_evidence(found.job.id, node.id, log(), now=NOON)
    recorded = ledger.attempts.record(attempt(found), spread=spread)
    assert len(ledger.attempts.evidence(recorded.attempt_id, "log")) == 1
    assert ledger.attempts.evidence(recorded.attempt_id, "artifact") == ()


def test_attempts_with_one_verdict_are_counted(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    ledger.attempts.record(attempt(claimed(ledger, worker(ledger)), BAD), spread=spread)
    assert ledger.attempts.count_same(target_id, BAD) == 1
    assert ledger.attempts.count_same(target_id, GOOD) == 0
    assert ledger.attempts.count_same(target_id, FAILED) == 0


def test_a_link_is_found_by_its_product(ledger: Ledger) -> None:
    put(ledger, new_target())
    found = claimed(ledger, worker(ledger))
    plain = attempt(found)
    product = plain.artifacts[0].sha256
    assert product is not None
    link = NewAttestation(product, Digest.of(b"link"), ("worker",), confirmed=False)
    signed = replace(plain, artifacts=(replace(plain.artifacts[0], attestation=link),))
    ledger.attempts.record(signed, spread=spread)
    (known,) = ledger.attempts.attestations_of(product)
    assert (known.keyids, known.confirmed) == (("worker",), False)
    assert ledger.attempts.attestations_of(Digest.of(b"other")) == ()
