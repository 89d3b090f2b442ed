# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ops.print_verdict import status_of, verdict_lines, worst_code
from snapshot.verdict import Status

ATTEMPT: dict[str, Any] = {
    "status": "BAD",
    "reason": None,
    "detail": "1 of 2 differ",
    "environment": "e" * 64,
    "phases": {"build": 1.25, "compare": 0.04},
    "url": "http://127.0.0.1/attempts/1",
    "artifacts": [
        {"status": "GOOD", "file_name": "a.deb", "sha256": "a" * 64, "origin": "index"},
        {"status": "BAD", "file_name": "b.deb", "sha256": None, "origin": None},
    ],
}


def test_a_verdict_says_what_came_of_each_artifact() -> None:
    assert list(verdict_lines("src 1 all", ATTEMPT)) == [
        "BAD  src 1 all: 1 of 2 differ",
        f"  GOOD  a.deb  {'a' * 64}  original from a verified index",
        "  BAD   b.deb  not built  no original known",
        f"  environment {'e' * 64}",
        "  build 1.2 s, compare 0.0 s",
        "  http://127.0.0.1/attempts/1",
    ]


def test_a_failure_gives_its_reason() -> None:
    failed = {**ATTEMPT, "status": "FAIL", "reason": "build-failed", "artifacts": [], "detail": ""}
    assert next(iter(verdict_lines("s 1 all", failed))) == "FAIL  s 1 all (build-failed)"


def test_no_verdict_in_time_is_unknown() -> None:
    assert status_of(None) is Status.UNKNOWN
    assert "no verdict in time" in next(iter(verdict_lines("s", None)))
    assert status_of({"status": "UNKWN"}) is Status.UNKNOWN


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([Status.GOOD, Status.GOOD], 0),
        ([Status.GOOD, Status.BAD], 3),
        ([Status.BAD, Status.FAIL], 4),
        ([Status.GOOD, Status.UNKNOWN], 5),
    ],
)
def test_one_exit_code_stands_for_the_worst(statuses: list[Status], code: int) -> None:
    assert worst_code(statuses) == code
