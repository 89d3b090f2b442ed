# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from orchestrator.accept_report import accept_report
from orchestrator.keys import SigningKey
from orchestrator.lease import ability, claim, expire, ping
from snapshot.verdict import Status
from snapshot.wire import PopRequest
from storage.ledger import Filter
from storage.ledger.values import JobState, Placement
from tests.orchestrator.reports import OURS, STOCK, Office, indexed_file, stock_report
from tests.storage.ledger.samples import NOON, new_target, put

OTHER_KEY = SigningKey.from_seed(b"o" * 32)


def test_a_claim_brings_all_that_a_worker_must_know(office: Office) -> None:
    put(office.ledger, new_target())
    found = claim(office.dispatcher, office.worker(), STOCK)
    assert found is not None
    assert (found.job.name, found.job.release, found.target.kind) == ("hello", "sid", "buildinfo")
    assert [a.file_name for a in found.artifacts] == ["hello_2.10-3_amd64.deb"]
    assert found.lease.token


def test_a_stock_worker_never_gets_a_source_target(office: Office) -> None:
    put(office.ledger, new_target(kind="source"))
    assert claim(office.dispatcher, office.worker(), STOCK) is None
    assert claim(office.dispatcher, office.worker(), OURS) is not None


def test_architectures_are_expanded_both_ways_and_all_must_be_listed(office: Office) -> None:
    words = ability(PopRequest(("debian",), ("x86_64",), "x86_64")).architectures
    assert words == {"x86_64", "amd64"}
    put(office.ledger, new_target(architecture="all"))
    narrow = replace(STOCK, supported_architectures=("x86_64",))
    assert claim(office.dispatcher, office.worker(), narrow) is None
    star = replace(STOCK, supported_architectures=("*",))
    assert claim(office.dispatcher, office.worker(), star) is not None


def test_a_ping_keeps_a_claim_alive(office: Office) -> None:
    put(office.ledger, new_target())
    worker = office.worker()
    found = claim(office.dispatcher, worker, STOCK)
    assert found is not None
    office.clock.now += 500
    assert ping(office.dispatcher, found.job.id, worker)
    office.clock.now += 500
    assert expire(office.dispatcher) == 0
    assert ping(office.dispatcher, found.job.id, worker)


def test_a_stranger_cannot_ping_somebody_elses_job(office: Office) -> None:
    put(office.ledger, new_target())
    found = claim(office.dispatcher, office.worker(), STOCK)
    assert found is not None
    stranger = office.worker(OTHER_KEY, "stranger")
    assert not ping(office.dispatcher, found.job.id, stranger)
    assert not ping(office.dispatcher, 999, stranger)


def test_a_lost_worker_loses_no_job(office: Office) -> None:
    put(office.ledger, new_target())
    lost, next_one = office.worker(), office.worker(OTHER_KEY, "node2")
    first = claim(office.dispatcher, lost, STOCK)
    assert first is not None
    assert claim(office.dispatcher, next_one, STOCK) is None
    office.clock.now += 541
    second = claim(office.dispatcher, next_one, STOCK)
    assert second is not None
    assert second.job.id == first.job.id
    assert not ping(office.dispatcher, first.job.id, lost)


def test_after_the_last_claim_the_job_ends_as_worker_lost(office: Office) -> None:
    put(office.ledger, new_target())
    worker = office.worker()
    for _ in range(3):
        assert claim(office.dispatcher, worker, STOCK) is not None
        office.clock.now += 541
    assert claim(office.dispatcher, worker, STOCK) is None
    (build,) = office.ledger.builds.page().records
    assert str(build.verdict) == "FAIL worker-lost"
    (job,) = office.ledger.queue.page().records
    assert job.state is JobState.WAITING
    assert expire(office.dispatcher) == 0
    assert office.ledger.builds.page().total == 1


def test_a_report_after_worker_lost_is_still_taken(office: Office) -> None:
    put(office.ledger, new_target())
    worker = office.worker()
    found = None
    for _ in range(3):
        found = claim(office.dispatcher, worker, STOCK)
        office.clock.now += 541
    expire(office.dispatcher)
    assert found is not None
    office.originals.files = [indexed_file(a) for a in found.artifacts]
    late = accept_report(office.desk, worker, stock_report(found, built_at=office.clock()))
    assert late.verdict.status is Status.GOOD
    assert office.ledger.targets.get(found.target.id).status is Status.GOOD


def test_a_dropped_job_ends_its_claim(office: Office) -> None:
    put(office.ledger, new_target())
    worker = office.worker()
    found = claim(office.dispatcher, worker, STOCK)
    assert found is not None
    assert office.ledger.queue.drop(Filter(), now=office.clock()) == 1
    assert not ping(office.dispatcher, found.job.id, worker)
    office.clock.now += 541
    assert claim(office.dispatcher, worker, STOCK) is None


def test_a_due_retry_is_handed_out(office: Office) -> None:
    put(office.ledger, new_target(), placement=Placement(not_before=NOON + 60))
    worker = office.worker()
    assert claim(office.dispatcher, worker, STOCK) is None
    office.clock.now += 60
    assert claim(office.dispatcher, worker, STOCK) is not None
