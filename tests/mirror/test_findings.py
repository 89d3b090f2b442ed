# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from mirror.findings import Finding, VerifyReport


def test_what_was_repaired_is_told_but_is_no_fault_any_more() -> None:
    report = VerifyReport("debian")
    assert report.faults == 0
    report.findings += [
        Finding("debian", None, "pool/a", "blob", "gone"),
        Finding("debian", None, "pool/b", "blob", "gone", repaired=True),
    ]
    assert report.faults == 1
