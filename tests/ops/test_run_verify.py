# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification says to people and to programs."""

from __future__ import annotations

import json

from mirror.findings import Finding, VerifyReport
from ops.run_verify import report_json, report_lines
from snapshot.timestamp import Timestamp

STAMP = Timestamp.parse("20260711T101637Z")


def report() -> VerifyReport:
    found = VerifyReport("debian", runs=2, releases=1, blobs=30, size=1_500_000, lacking=4)
    found.notes.append("debian: signatures were not judged")
    found.findings += [
        Finding("debian", STAMP, "pool/a.deb", "blob", "gone"),
        Finding("debian", None, "pool/b.deb", "link", "missing", repaired=True),
    ]
    return found


def test_each_finding_names_archive_run_and_path() -> None:
    assert list(report_lines(report())) == [
        f"debian {STAMP} pool/a.deb: blob: gone",
        "debian pool/b.deb: link: missing (repaired)",
        "debian: signatures were not judged",
        (
            "debian: 2 runs, 1 Releases, 30 blobs of 1.5 MB; 4 files known not to be here; "
            "1 faults, 1 repaired"
        ),
    ]


def test_programs_get_the_same() -> None:
    found = json.loads(report_json(report()))
    assert found["faults"] == 1
    assert found["findings"][0] == {
        "run": str(STAMP),
        "path": "pool/a.deb",
        "kind": "blob",
        "what": "gone",
        "repaired": False,
    }
    assert found["findings"][1]["run"] is None
