# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from api.pages.attempt_rows import attempt_rows, seconds_of
from tests.api.rebuild_server import RebuildServer


def test_rows_name_the_worker_and_how_long_it_took(lively: RebuildServer) -> None:
    rows = attempt_rows(lively.ledger, lively.ledger.builds.recent(100))
    assert {row.worker for row in rows} == {"node-a"}
    bad = next(row for row in rows if row.source == "libsub-name-perl")
    assert bad.seconds == 120


def test_a_worker_that_is_gone_has_no_name(lively: RebuildServer) -> None:
    [build] = lively.ledger.builds.recent(1)
    rows = attempt_rows(lively.ledger, [replace(build, worker_id=999)])
    assert rows[0].worker is None
    assert attempt_rows(lively.ledger, [replace(build, worker_id=None)])[0].worker is None


def test_a_clock_that_runs_backwards_gives_no_duration(lively: RebuildServer) -> None:
    [build] = lively.ledger.builds.recent(1)
    assert seconds_of(replace(build, started_at=build.built_at + 1)) is None
    assert seconds_of(replace(build, started_at=None)) is None
