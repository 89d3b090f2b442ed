# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
from dataclasses import replace

from orchestrator.attest import sign_link
from orchestrator.pair_artifacts import pair_artifacts
from orchestrator.read_report import ReadReport, read_report, target_materials
from snapshot.digest import Digest
from snapshot.link import make_link
from snapshot.verdict import Original, Reason, Status
from snapshot.wire import ArtifactReport, RebuildReport, ReportExtension
from storage.ledger.records import Artifact, Target
from tests.orchestrator.reports import WORKER_KEY

RECORD, DEB = Digest.of(b"record"), Digest.of(b"deb")
NAME = "a_1_amd64.deb"
TARGET = Target(
    id=1, identity=DEB, kind="buildinfo", distribution="debian", source="a", version="1",
    architecture="amd64", backend="debian", build="any", input_name="a.buildinfo",
    input_digest=RECORD, input_url="", environment=None, derive=None, tags=frozenset(),
    created_at=0.0, retries=0, newest_attempt=None, status=None, reason=None,
)  # fmt: skip
ORIGINAL = Artifact(1, 1, NAME, "a", "1", "amd64", DEB, 3, "", Original.INDEX)
KEY = base64.b64encode(WORKER_KEY.public).decode()
LINK = sign_link(make_link(NAME, DEB, {"a.buildinfo": RECORD}), WORKER_KEY).to_json()


def read(
    *artifacts: ArtifactReport,
    status: Status = Status.GOOD,
    extension: ReportExtension | None = None,
    log: bytes = b"",
    key: str = KEY,
) -> ReadReport:
    report = RebuildReport(1, 0.0, b"", status, artifacts, extension)
    pairs = pair_artifacts([ORIGINAL], artifacts)
    return read_report(report, TARGET, pairs, worker_key=key, log_tail=log)


def test_the_digest_of_a_stock_worker_is_the_one_it_signed() -> None:
    found = read(ArtifactReport("a", Status.GOOD, attestation=LINK))
    assert found.digests() == {DEB}
    assert found.links[NAME].product == DEB
    assert found.claimed.stock


def test_a_link_that_does_not_hold_takes_its_digest_with_it() -> None:
    found = read(ArtifactReport("a", Status.GOOD, attestation=LINK[:-5]))
    assert found.digests() == frozenset()
    assert found.links == {}
    assert found.claimed.produced[0].problem


def test_a_worker_whose_key_is_no_key_signs_nothing() -> None:
    found = read(ArtifactReport("a", Status.GOOD, attestation=LINK), key="curlkey")
    assert "worker key" in found.claimed.produced[0].problem


def test_a_link_and_a_report_that_disagree_are_both_not_believed() -> None:
    artifact = ArtifactReport(NAME, Status.GOOD, None, LINK, Digest.of(b"else"), 3)
    found = read(artifact, extension=ReportExtension(lease="t"))
    assert found.links == {}
    assert "another digest" in found.claimed.produced[0].problem


def test_our_worker_speaks_for_itself_and_its_log_is_not_searched() -> None:
    extension = ReportExtension(lease="t", reason=Reason.DISK_FULL, detail="no room")
    log = b"make: *** [all] Error 2\n"
    claimed = read(status=Status.FAIL, extension=extension, log=log).claimed
    assert (claimed.reason, claimed.detail) == (Reason.DISK_FULL, "no room")
    assert (claimed.log_reason, claimed.stock) == (None, False)


def test_the_log_of_a_stock_worker_is_searched_unless_it_says_good() -> None:
    log = b"dpkg-buildpackage: error: debian/rules build subprocess returned exit status 2\n"
    assert read(status=Status.BAD, log=log).claimed.log_reason is Reason.BUILD_FAILED
    assert read(status=Status.GOOD, log=log).claimed.log_reason is None


def test_a_link_must_name_the_input_when_its_digest_is_known() -> None:
    assert target_materials(TARGET) == {"a.buildinfo": RECORD}
    assert target_materials(replace(TARGET, input_digest=None)) == {}
