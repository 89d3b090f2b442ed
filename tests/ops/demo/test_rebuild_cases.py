# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ops.demo.rebuild_cases import result_of
from snapshot.verdict import Reason, Status
from tests.ops.demo.test_fixture import CASE

GOOD_ARTIFACT = {
    "file_name": "a_2-3_all.deb",
    "status": "GOOD",
    "sha256": "0" * 64,
    "original_sha256": "0" * 64,
    "diffoscope": None,
}


def state(said: str, reason: str | None = None, **artifact: Any) -> dict[str, Any]:
    attempt = {"id": 7, "phases": {"build": 1.5}, "artifacts": [GOOD_ARTIFACT | artifact]}
    return {"status": said, "reason": reason, "attempts": [{"id": 3}, attempt]}


def test_the_newest_attempt_counts() -> None:
    result = result_of(CASE, state("GOOD"))
    assert result.attempt == 7
    assert result.as_expected


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (state("BAD", status="BAD", sha256="1" * 64), "expected GOOD"),
        (state("FAIL", "build-failed"), "expected GOOD"),
        (state("GOOD", original_sha256="1" * 64), "was compared with"),
        (state("GOOD", sha256="1" * 64), "came out differently"),
        (state("GOOD", file_name="b.deb"), "was not judged"),
    ],
)
def test_anything_else_than_the_expected_is_a_complaint(
    said: dict[str, Any], complaint: str
) -> None:
    assert complaint in "; ".join(result_of(CASE, said).complaints)


def test_a_difference_needs_its_report() -> None:
    case = replace(CASE, expected=Status.BAD)
    attempt = state("BAD", status="BAD", sha256="1" * 64)
    assert result_of(case, attempt).complaints == ("no diffoscope report",)
    attempt = state("BAD", status="BAD", sha256="1" * 64, diffoscope="/report")
    assert result_of(case, attempt).as_expected


def test_a_failure_needs_its_reason() -> None:
    case = replace(CASE, expected=Status.FAIL, reason=Reason.BUILD_FAILED)
    nothing = {"file_name": "", "status": "FAIL"}
    assert result_of(case, state("FAIL", "build-failed", **nothing)).as_expected
    assert not result_of(case, state("FAIL", "dependency-missing", **nothing)).as_expected
