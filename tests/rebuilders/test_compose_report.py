# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from rebuilders.compose_report import compose_report
from rebuilders.task import ArtifactOutcome, Outcome, Task
from rebuilders.worker_key import WorkerKey
from snapshot.digest import Digest
from snapshot.link import SignedLink
from snapshot.verdict import Reason, Status, Strategy
from snapshot.wire import EvidenceReference, JobAssignment, RebuildReport
from tests.rebuilders.stand_in_server import StandIn

KEY = WorkerKey(bytes(range(32)))


def assignment() -> JobAssignment:
    server = StandIn(url="http://127.0.0.1:1")
    server.add_job("a_1_amd64.buildinfo", b"record", {"a_1_amd64.deb": b"deb"})
    return server.queue[0]


def task_of(job: JobAssignment) -> Task:
    extension = job.extension
    assert extension
    return Task(
        job,
        "deb",
        Path("input"),
        "a_1_amd64.buildinfo",
        Digest.of(b"record"),
        extension.expect,
        1.0,
    )


def report(outcome: Outcome, *, with_task: bool = True) -> RebuildReport:
    job = assignment()
    return compose_report(
        job,
        task_of(job) if with_task else None,
        outcome,
        key=KEY,
        evidence=(EvidenceReference("log", "", Digest.of(b"log")),),
        phases={"build": 1.5},
        built_at=1_790_000_000.0,
    )


def test_what_is_the_same_gets_a_link_that_verifies_under_the_workers_key() -> None:
    digest = Digest.of(b"deb")
    good = ArtifactOutcome("a_1_amd64.deb", Status.GOOD, digest, digest, 3)
    sent = report(Outcome(Status.GOOD, artifacts=(good,)))
    assert sent.artifacts[0].attestation
    link = SignedLink.from_json(sent.artifacts[0].attestation)
    Ed25519PublicKey.from_public_bytes(KEY.public).verify(
        bytes.fromhex(link.signatures[0].sig), link.payload()
    )
    assert link.materials() == {"a_1_amd64.buildinfo": Digest.of(b"record")}
    assert link.signed["environment"] == {}


def test_what_differs_gets_no_link_but_its_digest() -> None:
    bad = ArtifactOutcome("a.deb", Status.BAD, Digest.of(b"x"), Digest.of(b"y"), 1)
    sent = report(Outcome(Status.BAD, artifacts=(bad,)))
    assert sent.artifacts[0].attestation is None
    assert sent.artifacts[0].sha256 == Digest.of(b"y")


def test_the_lease_the_reason_and_the_strategy_travel_along_and_read_back() -> None:
    outcome = Outcome(
        Status.FAIL,
        Reason.BUILD_FAILED,
        "make: *** broken",
        strategy=Strategy("fakeroot", ("fakeroot=1.31",)),
        environment=Digest.of(b"environment"),
    )
    sent = report(outcome, with_task=False)
    assert RebuildReport.from_json(sent.to_json()) == sent
    extension = sent.extension
    assert extension
    assert (extension.lease, extension.reason) == ("lease-100", Reason.BUILD_FAILED)
    assert (extension.strategy, extension.added) == ("fakeroot", ("fakeroot=1.31",))
    assert sent.build_log == b"", "the log is evidence, not a list of numbers"
