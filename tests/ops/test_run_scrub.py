# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scrub says to people and to programs."""

from __future__ import annotations

import json

from mirror.scrub import ScrubReport
from ops.run_scrub import report_json, report_lines
from snapshot.digest import Digest

HEALED, LACKING = Digest.of(b"1"), Digest.of(b"2")
REPORT = ScrubReport(
    checked=3000,
    size=12_300_000,
    damaged={HEALED: "/blobs/quarantine/1", LACKING: "/blobs/quarantine/2"},
    healed=[HEALED],
    lacking={LACKING: "no upstream has it"},
    finished=True,
    began=1.7e9,
)


def test_people_are_told_each_damage_and_the_sum() -> None:
    lines = list(report_lines(REPORT))
    assert f"healed: {HEALED}" in lines
    assert f"lacking: {LACKING}: no upstream has it" in lines
    assert lines[-1] == (
        "3,000 blobs, 12.3 MB read; 2 damaged, 1 healed, 1 lacking; "
        "the pass of 20231114T221320Z is finished"
    )
    assert "call it again" in list(report_lines(ScrubReport()))[-1]


def test_programs_get_the_same() -> None:
    found = json.loads(report_json(REPORT))
    assert found["checked"] == 3000
    assert found["bytes"] == 12_300_000
    assert found["damaged"][str(LACKING)] == "/blobs/quarantine/2"
    assert found["healed"] == [str(HEALED)]
    assert found["lacking"] == {str(LACKING): "no upstream has it"}
    assert found["finished"] is True
