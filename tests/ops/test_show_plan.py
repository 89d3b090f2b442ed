# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan ends with bytes and time, and says when the time is a guess."""

from __future__ import annotations

import json

from mirror.plan import Plan, PlannedRun
from ops.show_plan import plan_json, plan_lines
from snapshot.timestamp import Timestamp

STAMP = Timestamp.parse("20260711T101637Z")
FOUND = Plan(
    "debian",
    (PlannedRun(None, 1, 2, 30_000_000, 4, 1_000_000), PlannedRun(STAMP, 1, 0, 0, 6)),
)


def test_a_plan_ends_with_bytes_and_time() -> None:
    lines = list(plan_lines(FOUND, rate=10e6, known=" (a guess)"))
    assert lines[0] == (
        "debian: run now: 1 suites with news, 2 files, 30.0 MB to fetch, "
        "4 files (1.0 MB) here already"
    )
    assert lines[1].startswith(f"debian: run {STAMP}: ")
    assert lines[2] == "debian: 2 files, 30.0 MB in all, 3 s at 10.0 MB/s (a guess)"
    assert list(plan_lines(Plan("debian", ()), rate=1)) == ["debian: nothing to do"]


def test_a_program_gets_the_same() -> None:
    told = json.loads(plan_json(FOUND, rate=10e6))
    assert (told["archive"], told["files"], told["bytes"]) == ("debian", 2, 30_000_000)
    assert (told["bytes_per_second"], told["seconds"]) == (10_000_000, 3.0)
    assert [run["run"] for run in told["runs"]] == [None, str(STAMP)]
    assert told["runs"][0]["here_bytes"] == 1_000_000
