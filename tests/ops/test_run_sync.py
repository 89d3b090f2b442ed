# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mirror.capture_report import CaptureReport
from mirror.choose_runs import Selection
from mirror.measured_rate import MeasuredRates
from mirror.progress import Silent
from mirror.sync import SyncReport
from ops.initialize import initialize
from ops.open_stores import open_stores
from ops.read_settings import load_settings
from ops.run_sync import report_lines, run_sync, sync_each
from ops.wire_mirror import chosen_policies, wire_mirror
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
    (line, _) = report_lines(SyncReport("debian", (), removed=(STAMP,)))
    assert line.startswith(f"debian: 1 runs removed by its keep rules, {STAMP} to {STAMP}")


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
            Selection(),
            Silent(),
            tell=told.append,
        )
    assert told[0].startswith("broken: ")
    assert "debian: run 20261101T000000Z" in told[-1]


def test_the_rate_of_a_sync_is_remembered(small_upstream: Upstream, tmp_path: Path) -> None:
    settings = load_settings(config=small_upstream.settings(tmp_path), environ={})
    data = initialize(settings, clock=lambda: 1.7e9)
    noted: list[tuple[str, int, float]] = []

    class Rates(MeasuredRates):
        def note(self, archive: str, received: int, seconds: float) -> None:
            noted.append((archive, received, seconds))

    mirror = wire_mirror(settings, open_stores(settings), Silent())
    policies = chosen_policies(settings, ())
    assert sync_each(mirror, policies, Selection(), Rates(data.rates), lambda _: None) == []
    ((archive, received, seconds),) = noted
    assert archive == "debian"
    assert received > 3000
    assert seconds >= 0
