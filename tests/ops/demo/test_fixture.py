# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ops.demo.fixture import Artifact, Case, Fixture
from snapshot.timestamp import Timestamp
from snapshot.verdict import Reason, Status

CASE = Case(
    name="a needs two dates at once",
    package="a",
    version="1:2-3",
    record="a.buildinfo",
    expected=Status.GOOD,
    reason=None,
    why="because",
    artifacts=(Artifact("a_2-3_all.deb", "0" * 64, "debian"),),
)


def fixture(root: Path) -> Fixture:
    failing = replace(CASE, expected=Status.FAIL, reason=Reason.BUILD_FAILED, record="")
    dates = tuple(map(Timestamp.parse, ("20260101", "20260201", "20260301")))
    return Fixture(
        root, "debian", "bookworm", "amd64", dates, (CASE, failing), ("note",), 2, 3, ("a", "1")
    )


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    saved = fixture(tmp_path)
    saved.save()
    assert Fixture.load(tmp_path) == saved


def test_a_fixture_can_be_moved(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    fixture(first).save()
    first.rename(second)
    assert Fixture.load(second).record(CASE) == second / "records/a.buildinfo"
