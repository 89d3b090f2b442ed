# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of stock workers and of ours."""

from typing import Any

import pytest

from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.verdict import Reason, Status
from snapshot.wire import ArtifactReport, EvidenceReference, RebuildReport, ReportExtension

STOCK: dict[str, Any] = {
    "queue_id": 31,
    "built_at": "2026-06-03T10:11:12.123456789",
    "build_log": [40, 181, 47, 253],
    "status": "BAD",
    "artifacts": [
        {"name": "hello", "diffoscope": [40], "attestation": None, "status": "BAD"},
    ],
}


def test_a_stock_report_is_read() -> None:
    report = RebuildReport.from_json(STOCK)
    assert report.build_log == b"\x28\xb5\x2f\xfd"
    assert report.status is Status.BAD
    assert report.artifacts == (ArtifactReport("hello", Status.BAD, diffoscope=b"("),)
    assert report.extension is None


def test_our_report_reads_back() -> None:
    report = RebuildReport(
        queue_id=1,
        built_at=10.5,
        build_log=b"",
        status=Status.GOOD,
        artifacts=(ArtifactReport("a.deb", Status.GOOD, None, b"{}", Digest("a" * 64), 7),),
        extension=ReportExtension(
            lease="token",
            environment=Digest("e" * 64),
            strategy="fakeroot",
            added=("fakeroot=1.31-1.2",),
            phases={"build": 1.5},
            evidence=(EvidenceReference("log", "log", Digest("b" * 64)),),
            worker_version="0.1.0",
        ),
    )
    assert RebuildReport.from_json(report.to_json()) == report


def test_a_reason_of_the_future_is_still_a_failure() -> None:
    value = ReportExtension(lease="t", reason=Reason.BUILD_FAILED).to_json()
    report = RebuildReport.from_json(
        {**STOCK, "status": "FAIL", "dejabuild": {**value, "reason": "eaten-by-cat"}}
    )
    assert report.extension is not None
    assert report.extension.reason is Reason.COMPARE_ERROR


@pytest.mark.parametrize("member", ["queue_id", "built_at", "status"])
def test_a_report_without_a_required_member_names_it(member: str) -> None:
    with pytest.raises(InvalidInput, match=member):
        RebuildReport.from_json({key: value for key, value in STOCK.items() if key != member})


def test_a_lower_case_status_is_refused() -> None:
    with pytest.raises(InvalidInput, match="good"):
        RebuildReport.from_json({**STOCK, "status": "good"})
