# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mirror.capture import CaptureReport
from mirror.plan import Plan, PlannedRun
from mirror.progress import Silent
from mirror.sync import SyncReport
from ops.initialize import initialize
from ops.open_stores import open_stores
from ops.read_settings import load_settings
from ops.run_sync import plan_lines, report_lines, run_sync, status_lines
from ops.wire_mirror import chosen_policies
from snapshot.errors import DejabuildError
from snapshot.timestamp import Timestamp
from tests.ops.conftest import Upstream

STAMP = Timestamp.parse("20260711T101637Z")


def test_a_report_names_what_is_missing() -> None:
    runs = (
        CaptureReport(STAMP, parsed=3, written=4, files=2, received=1_500_000, missing=1),
        CaptureReport(STAMP, unchanged=True),
    )
    lines = list(report_lines(SyncReport("debian", runs)))
    assert lines == [
        f"debian: run {STAMP}: 3 new entries, 4 rows, 2 files, 1.5 MB received",
        f"debian: run {STAMP}: 1 files are at no upstream",
        f"debian: still run {STAMP}",
    ]
    assert list(report_lines(SyncReport("debian", ()))) == ["debian: nothing new"]


def test_a_plan_ends_with_bytes_and_time() -> None:
    found = Plan("debian", (PlannedRun(None, 1, 2, 30_000_000, 4), PlannedRun(STAMP, 1, 0, 0, 6)))
    lines = list(plan_lines(found, rate=10e6))
    assert lines[0].startswith("debian: run now: 1 suites with news, 2 files, 30.0 MB")
    assert lines[1].startswith(f"debian: run {STAMP}: ")
    assert lines[2] == "debian: 2 files, 30.0 MB in all, 3 s at 10 MB/s"


def test_an_archive_that_fails_keeps_no_other_waiting(
    small_upstream: Upstream, tmp_path: Path
) -> None:
    settings = load_settings(config=small_upstream.settings(tmp_path), environ={})
    good = settings.archive["debian"]
    broken = replace(good, suites=("absent",))
    settings = replace(settings, archive={"broken": broken, "debian": good})
    initialize(settings, clock=lambda: 1.7e9)
    told: list[str] = []
    with pytest.raises(DejabuildError, match="archive=broken: answered 404"):
        run_sync(
            settings,
            chosen_policies(settings, ()),
            Silent(),
            first=None,
            last=None,
            tell=told.append,
        )
    assert told[0].startswith("broken: ")
    assert "debian: run 20261101T000000Z" in told[-1]
    status = list(status_lines(settings, open_stores(settings)))
    assert status[0] == "broken: no run yet"
    assert status[1].startswith("debian: 3 runs")
