# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from orchestrator.pair_artifacts import pair_artifacts
from snapshot.verdict import Original, Status
from snapshot.wire import ArtifactReport
from storage.ledger.records import Artifact


def original(name: str, architecture: str = "amd64") -> Artifact:
    file = f"{name}_1_{architecture}.deb"
    return Artifact(1, 1, file, name, "1", architecture, None, None, "", Original.RECORD)


def report(name: str, status: Status = Status.GOOD) -> ArtifactReport:
    return ArtifactReport(name, status)


def test_ours_are_found_by_file_name() -> None:
    mine = report("a_1_amd64.deb")
    assert pair_artifacts([original("a")], [report("b_1_amd64.deb"), mine]) == (
        (original("a"), mine),
    )


def test_stock_ones_by_package_name() -> None:
    mine = report("a")
    assert pair_artifacts([original("a")], [mine]) == ((original("a"), mine),)


def test_two_architectures_of_one_package_go_in_the_order_of_the_job() -> None:
    first, second = report("a", Status.GOOD), report("a", Status.BAD)
    pairs = pair_artifacts([original("a"), original("a", "i386")], [first, second])
    assert [found for _, found in pairs] == [first, second]


def test_equal_reports_stand_for_different_originals() -> None:
    pairs = pair_artifacts([original("a"), original("a", "i386")], [report("a"), report("a")])
    assert all(found is not None for _, found in pairs)


def test_one_report_stands_for_one_original_only() -> None:
    pairs = pair_artifacts([original("a"), original("a", "i386")], [report("a")])
    assert [found is None for _, found in pairs] == [False, True]


def test_what_nobody_asked_for_is_left_out() -> None:
    assert pair_artifacts([original("a")], [report("x")]) == ((original("a"), None),)
    assert pair_artifacts([], [report("x")]) == ()
