# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest
import zstandard

from orchestrator.accept_report import accept_report
from orchestrator.attest import sign_link
from orchestrator.keys import SigningKey
from orchestrator.lease import claim, expire
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, NotFound
from snapshot.link import SignedLink, make_link
from snapshot.verdict import Original, Reason, Status
from snapshot.wire import ArtifactReport, EvidenceReference, PopRequest, ReportExtension
from storage.ledger.records import Claim, Worker
from storage.ledger.values import JobState, NewArtifact, NewEvidence
from tests.orchestrator.reports import (
    OURS,
    SERVER_KEYS,
    STOCK,
    WORKER_KEY,
    Office,
    indexed_file,
    link_bytes,
    our_report,
    stock_report,
)
from tests.storage.ledger.samples import new_target, put

OTHER_KEY = SigningKey.from_seed(b"o" * 32)


def start(
    office: Office, request: PopRequest = STOCK, *, verified: bool = True
) -> tuple[Worker, Claim]:
    """A queued target whose originals are indexed, claimed by a worker."""
    put(office.ledger, new_target())
    worker = office.worker()
    found = claim(office.dispatcher, worker, request)
    assert found is not None
    office.originals.files = [indexed_file(a, verified=verified) for a in found.artifacts]
    return worker, found


def test_a_stock_good_with_the_indexed_digest_is_good_and_signed_by_both(office: Office) -> None:
    worker, found = start(office)
    accepted = accept_report(office.desk, worker, stock_report(found))
    assert accepted.verdict.status is Status.GOOD
    (artifact,) = office.ledger.builds.artifacts(accepted.attempt_id)
    assert artifact.attestation is not None
    assert artifact.attestation.confirmed
    link = SignedLink.from_json(office.read(artifact.attestation.digest))
    assert [s.keyid for s in link.signatures] == [WORKER_KEY.keyid, SERVER_KEYS.good.keyid]
    job = office.ledger.queue.get(found.job.id)
    assert job is not None
    assert job.state is JobState.DONE


def test_a_reported_good_with_another_digest_is_a_compare_error_and_unsigned(
    office: Office,
) -> None:
    worker, found = start(office)
    lie = link_bytes(found, found.artifacts[0], digest=Digest.of(b"something else"))
    report = stock_report(found, artifacts=(ArtifactReport("hello", Status.GOOD, None, lie),))
    accepted = accept_report(office.desk, worker, report)
    assert str(accepted.verdict) == "FAIL compare-error"
    (artifact,) = office.ledger.builds.artifacts(accepted.attempt_id)
    assert artifact.status is Status.UNKNOWN
    assert artifact.attestation is None
    (kept,) = office.ledger.attempts.evidence(accepted.attempt_id, "attestation")
    assert kept.content_digest == Digest.of(lie)


def test_a_link_signed_by_another_key_is_not_believed(office: Office) -> None:
    worker, found = start(office)
    forged = link_bytes(found, found.artifacts[0], key=OTHER_KEY)
    report = stock_report(found, artifacts=(ArtifactReport("hello", Status.GOOD, None, forged),))
    accepted = accept_report(office.desk, worker, report)
    assert str(accepted.verdict) == "FAIL compare-error"
    assert "no signature of the key" in accepted.verdict.detail
    (artifact,) = office.ledger.builds.artifacts(accepted.attempt_id)
    assert artifact.attestation is None


def test_a_stock_good_without_a_link_has_no_digest_and_is_not_good(office: Office) -> None:
    worker, found = start(office)
    report = stock_report(found, artifacts=(ArtifactReport("hello", Status.GOOD),))
    accepted = accept_report(office.desk, worker, report)
    assert str(accepted.verdict) == "FAIL compare-error"


def test_a_good_against_a_record_alone_is_judged_but_not_vouched_for(office: Office) -> None:
    worker, found = start(office)
    office.originals.files = []
    accepted = accept_report(office.desk, worker, stock_report(found))
    assert accepted.verdict.status is Status.GOOD
    (artifact,) = office.ledger.builds.artifacts(accepted.attempt_id)
    assert artifact.attestation is not None
    assert artifact.attestation.keyids == (WORKER_KEY.keyid,)
    assert not artifact.attestation.confirmed


def test_an_index_without_trust_is_not_vouched_for(office: Office) -> None:
    worker, found = start(office, verified=False)
    accepted = accept_report(office.desk, worker, stock_report(found))
    (artifact,) = office.ledger.builds.artifacts(accepted.attempt_id)
    assert artifact.origin is Original.RECORD
    assert artifact.attestation is not None
    assert not artifact.attestation.confirmed


def test_a_sha512_of_other_bytes_never_gets_our_signature(office: Office) -> None:
    worker, found = start(office)
    artifact, record = found.artifacts[0], found.target.input_digest
    assert artifact.sha256 is not None
    assert record is not None
    honest = make_link(artifact.file_name, artifact.sha256, {found.target.input_name: record})
    forged = {artifact.file_name: {"sha256": artifact.sha256.hex, "sha512": "00" * 64}}
    lie = sign_link(SignedLink({**honest.signed, "products": forged}), WORKER_KEY).to_json()
    report = stock_report(found, artifacts=(ArtifactReport("hello", Status.GOOD, None, lie),))
    accepted = accept_report(office.desk, worker, report)
    assert accepted.verdict.status is Status.GOOD
    (judged,) = office.ledger.builds.artifacts(accepted.attempt_id)
    assert judged.attestation is not None
    link = SignedLink.from_json(office.read(judged.attestation.digest))
    assert "sha512" not in link.signed["products"][artifact.file_name]
    assert [s.keyid for s in link.signatures] == [SERVER_KEYS.good.keyid]


def test_our_worker_needs_no_link_the_server_makes_one(office: Office) -> None:
    worker, found = start(office, OURS)
    accepted = accept_report(office.desk, worker, our_report(found))
    (artifact,) = office.ledger.builds.artifacts(accepted.attempt_id)
    assert artifact.attestation is not None
    link = SignedLink.from_json(office.read(artifact.attestation.digest))
    assert link.products() == {artifact.file_name: artifact.sha256}
    assert link.materials() == {found.target.input_name: found.target.input_digest}
    assert [s.keyid for s in link.signatures] == [SERVER_KEYS.good.keyid]


def test_the_digest_of_a_foreign_report_is_learnt_from_the_index(office: Office) -> None:
    bare = NewArtifact("hello_2.10-3_amd64.deb", "hello", "2.10-3", "amd64", url="http://x/h.deb")
    put(office.ledger, new_target(artifacts=(bare,)))
    worker = office.worker()
    found = claim(office.dispatcher, worker, STOCK)
    assert found is not None
    published = indexed_file(replace(found.artifacts[0], sha256=Digest.of(b"deb"), size=3))
    office.originals.files = [published]
    link = link_bytes(found, found.artifacts[0], digest=published.digest)
    report = stock_report(found, artifacts=(ArtifactReport("hello", Status.GOOD, None, link),))
    accepted = accept_report(office.desk, worker, report)
    assert accepted.verdict.status is Status.GOOD
    (artifact,) = office.ledger.targets.artifacts(found.target.id)
    assert (artifact.sha256, artifact.origin) == (published.digest, Original.INDEX)


def test_the_same_report_twice_changes_nothing(office: Office) -> None:
    worker, found = start(office)
    first = accept_report(office.desk, worker, stock_report(found, Status.BAD))
    before = office.ledger.queue.page().records
    again = accept_report(office.desk, worker, stock_report(found, Status.BAD))
    assert again.attempt_id == first.attempt_id
    assert again.duplicate
    assert again.verdict == first.verdict
    assert office.ledger.queue.page().records == before
    assert office.ledger.builds.page().total == 1
    assert office.ledger.targets.get(found.target.id).retries == 1


def test_a_late_report_is_accepted_once_beside_the_next_worker(office: Office) -> None:
    slow, found = start(office)
    office.clock.now += 541
    assert expire(office.dispatcher) == 1
    fast = office.worker(OTHER_KEY, "node2")
    second = claim(office.dispatcher, fast, STOCK)
    assert second is not None
    assert second.job.id == found.job.id
    late = accept_report(office.desk, slow, stock_report(found))
    assert late.verdict.status is Status.GOOD
    build = office.ledger.builds.get(late.attempt_id)
    assert build is not None
    assert build.late
    link = link_bytes(second, second.artifacts[0], key=OTHER_KEY)
    theirs = (ArtifactReport("hello", Status.GOOD, None, link),)
    other = accept_report(office.desk, fast, stock_report(second, artifacts=theirs))
    assert other.attempt_id != late.attempt_id
    assert accept_report(office.desk, slow, stock_report(found)).duplicate
    assert office.ledger.queue.page().total == 0


def test_a_report_for_a_job_one_never_claimed_is_refused(office: Office) -> None:
    _, found = start(office)
    stranger = office.worker(OTHER_KEY, "stranger")
    with pytest.raises(NotFound, match="holds no claim"):
        accept_report(office.desk, stranger, stock_report(found))
    assert office.ledger.builds.page().total == 0


def test_a_report_for_a_job_that_never_was_is_refused(office: Office) -> None:
    worker, found = start(office)
    with pytest.raises(NotFound, match="job 999"):
        accept_report(office.desk, worker, replace(stock_report(found), queue_id=999))


def test_a_wrong_lease_word_is_refused(office: Office) -> None:
    worker, found = start(office, OURS)
    report = our_report(found, extension=ReportExtension(lease="guessed"))
    with pytest.raises(NotFound):
        accept_report(office.desk, worker, report)


def test_a_worker_that_was_told_the_lease_word_must_say_it(office: Office) -> None:
    worker, found = start(office, OURS)
    with pytest.raises(NotFound, match="holds no claim"):
        accept_report(office.desk, worker, stock_report(found))
    assert office.ledger.builds.page().total == 0
    assert accept_report(office.desk, worker, our_report(found)).verdict.status is Status.GOOD
    with pytest.raises(NotFound, match="holds no claim"):
        accept_report(office.desk, worker, stock_report(found))


def test_a_dropped_job_still_takes_its_report_and_is_not_queued_again(office: Office) -> None:
    worker, found = start(office)
    office.ledger.queue.drop_one(found.job.id, now=office.clock())
    accepted = accept_report(office.desk, worker, stock_report(found, Status.BAD))
    assert accepted.verdict.status is Status.BAD
    assert accepted.retry_job is None
    assert office.ledger.queue.page().total == 0


def test_a_bad_is_queued_again_days_later_under_a_new_id(office: Office) -> None:
    worker, found = start(office)
    accepted = accept_report(office.desk, worker, stock_report(found, Status.BAD))
    (job,) = office.ledger.queue.page().records
    assert job.id == accepted.retry_job != found.job.id
    assert (job.priority, job.next_retry) == (2, office.clock() + 2 * 86_400)


def test_a_build_that_fails_by_itself_is_not_queued_again(office: Office) -> None:
    worker, found = start(office, OURS)
    extension = ReportExtension(lease=found.lease.token, reason=Reason.BUILD_FAILED, detail="make")
    accepted = accept_report(
        office.desk, worker, our_report(found, Status.FAIL, extension=extension)
    )
    assert str(accepted.verdict) == "FAIL build-failed"
    assert office.ledger.queue.page().total == 0


def test_the_log_is_kept_byte_for_byte_when_it_came_compressed(office: Office) -> None:
    worker, found = start(office)
    frame = zstandard.ZstdCompressor(write_content_size=False).compress(b"line\n" * 9)
    accepted = accept_report(office.desk, worker, stock_report(found, log=frame))
    (log,) = office.ledger.attempts.evidence(accepted.attempt_id, "log")
    assert office.read(log.digest) == frame
    assert log.encoding == "zstd"
    assert log.content_digest == Digest.of(b"line\n" * 9)


def test_a_log_that_cannot_be_unpacked_writes_nothing(office: Office) -> None:
    worker, found = start(office)
    broken = zstandard.ZstdCompressor().compress(b"line\n" * 900)[:-4]
    with pytest.raises(InvalidInput, match="build_log"):
        accept_report(office.desk, worker, stock_report(found, log=broken))
    assert office.ledger.builds.page().total == 0
    assert accept_report(office.desk, worker, stock_report(found)).verdict.status is Status.GOOD


def test_a_diffoscope_text_belongs_to_its_artifact(office: Office) -> None:
    worker, found = start(office)
    report = stock_report(
        found, Status.BAD, artifacts=(ArtifactReport("hello", Status.BAD, b"--- a\n+++ b\n"),)
    )
    accepted = accept_report(office.desk, worker, report)
    (artifact,) = office.ledger.builds.artifacts(accepted.attempt_id)
    assert artifact.diffoscope is not None
    assert artifact.diffoscope.content_digest == Digest.of(b"--- a\n+++ b\n")
    (package,) = office.ledger.packages.binaries().records
    assert package.diffoscope_id == artifact.diffoscope.id


def upload(office: Office, worker: Worker, found: Claim, name: str, content: bytes) -> Digest:
    """Evidence as it is noted before the report."""
    blob = office.blobs.add([content])
    uploaded = NewEvidence("artifact", name, blob.digest, blob.size, "identity", blob.digest)
    office.ledger.attempts.add_evidence(found.job.id, worker.id, uploaded, now=office.clock())
    return blob.digest


def test_only_the_evidence_that_our_report_lists_is_attached(office: Office) -> None:
    worker, found = start(office, OURS)
    digest = upload(office, worker, found, "a.deb", b"this try")
    stale = upload(office, worker, found, "b.deb", b"a try that was broken off")
    other = upload(office, worker, found, "c.deb", b"bytes that the report does not know")
    extension = ReportExtension(
        lease=found.lease.token,
        evidence=(
            EvidenceReference("artifact", "a.deb", digest),
            EvidenceReference("artifact", "c.deb", stale),
        ),
    )
    accepted = accept_report(office.desk, worker, our_report(found, extension=extension))
    (kept,) = office.ledger.attempts.evidence(accepted.attempt_id)
    assert (kept.name, kept.digest) == ("a.deb", digest)
    left = office.ledger.attempts.pending_evidence(found.job.id, worker.id)
    assert [piece.digest for piece in left] == [stale, other]


def test_a_stock_report_lists_nothing_and_takes_up_all_that_was_uploaded(office: Office) -> None:
    worker, found = start(office)
    digest = upload(office, worker, found, "a.deb", b"rebuilt")
    accepted = accept_report(office.desk, worker, stock_report(found))
    (kept,) = office.ledger.attempts.evidence(accepted.attempt_id, "artifact")
    assert kept.digest == digest
    assert office.ledger.attempts.pending_evidence(found.job.id, worker.id) == ()


def test_a_worker_whose_clock_runs_ahead_does_not_stay_newest_for_ever(office: Office) -> None:
    worker, found = start(office)
    accepted = accept_report(office.desk, worker, stock_report(found, built_at=9e9))
    build = office.ledger.builds.get(accepted.attempt_id)
    assert build is not None
    assert build.built_at == office.clock()


def test_a_finished_worker_is_idle_again(office: Office) -> None:
    worker, found = start(office)
    busy = office.ledger.workers.get(worker.id)
    assert busy is not None
    assert busy.status == "working hard on hello 2.10-3"
    accept_report(office.desk, worker, stock_report(found))
    idle = office.ledger.workers.get(worker.id)
    assert idle is not None
    assert idle.status is None


def test_a_report_is_taken_whatever_characters_stand_in_its_log(office: Office) -> None:
    worker, found = start(office)
    log = b"E: Build failure \0 (dpkg-buildpackage died) \xed\xa0\x80\n"
    accepted = accept_report(office.desk, worker, stock_report(found, Status.FAIL, log=log))
    build = office.ledger.builds.get(accepted.attempt_id)
    assert build is not None
    assert "\0" not in build.verdict.detail


def test_a_report_is_taken_whatever_characters_stand_in_its_link(office: Office) -> None:
    worker, found = start(office)
    signed = make_link("\0 evil.deb", Digest.of(b"x"), {found.target.input_name: Digest.of(b"y")})
    link = sign_link(signed, WORKER_KEY).to_json()
    report = stock_report(found, artifacts=(ArtifactReport("hello", Status.GOOD, None, link),))
    assert str(accept_report(office.desk, worker, report).verdict) == "FAIL compare-error"
