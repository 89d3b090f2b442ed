# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops.demo.cases import NEWEST, TWO_DATES, Planned, recorded_cases, to_publish
from ops.demo.official_builds import OfficialBuild, Record
from ops.demo.own_packages import binary_stanza
from ops.demo.own_sources import make_package
from snapshot.packages import BinaryStanza
from snapshot.timestamp import Timestamp
from snapshot.verdict import Status

pytestmark = pytest.mark.programs

BUILD = OfficialBuild("tool", "1", (), "all", Timestamp(0), (), {})
PLAN = Planned(BUILD, "1", Status.GOOD, None, TWO_DATES, "because")
BUILDINFO = """Format: 1.0
Source: tool
Binary: tool
Architecture: all
Version: 1
Checksums-Sha256:
 {digest} 1 tool_1_all.deb
Build-Architecture: amd64
Installed-Build-Depends:
 dash (= 2),
 perl (= 1)
"""


@pytest.fixture
def record(tmp_path: Path) -> Record:
    info = tmp_path / "tool_1_all.buildinfo"
    info.write_text(BUILDINFO.format(digest="0" * 64))
    return Record(info, (make_package("tool", "1", "all", tmp_path),))


def cases(plan: Planned, record: Record, folder: Path) -> tuple[list[str], list[str]]:
    notes: list[str] = []
    found = recorded_cases([plan], {"tool": record}, folder / "records", notes)
    return [case.name for case in found], notes


def published(record: Record) -> BinaryStanza:
    return BinaryStanza.parse(binary_stanza(record.debs[0], "pool/main/t/tool/tool_1_all.deb"))


def test_a_record_that_one_date_satisfies_does_not_show_two_dates(
    record: Record, tmp_path: Path
) -> None:
    plan = replace(PLAN, listed=(frozenset({("dash", "2"), ("perl", "1")}),))
    assert cases(plan, record, tmp_path) == (
        [],
        ["tool: one date has all that its record names, left out"],
    )


def test_a_record_that_no_date_satisfies_does(record: Record, tmp_path: Path) -> None:
    plan = replace(PLAN, listed=(frozenset({("dash", "2")}), frozenset({("perl", "1")})))
    assert cases(plan, record, tmp_path) == ([f"tool {TWO_DATES}"], [])
    assert (tmp_path / "records/tool_1_all.buildinfo").is_file()


def test_bytes_that_debian_published_keep_debian_as_their_origin(
    record: Record, tmp_path: Path
) -> None:
    plan = replace(PLAN, published=(published(record),))
    found = recorded_cases([plan], {"tool": record}, tmp_path / "r", [])
    assert [a.origin for a in found[0].artifacts] == ["debian"]
    assert to_publish(plan, record) == ()


def test_bytes_that_differ_from_debians_are_left_out(record: Record, tmp_path: Path) -> None:
    original = published(record)
    (tmp_path / "other").mkdir()
    changed = make_package("tool", "1", "all", tmp_path / "other")
    changed.write_bytes(changed.read_bytes() + b"x")
    names, notes = cases(
        replace(PLAN, published=(original,)), replace(record, debs=(changed,)), tmp_path
    )
    assert names == []
    assert "did not come out as Debian published it" in notes[0]


def test_a_version_that_is_not_carried_is_noticed(record: Record, tmp_path: Path) -> None:
    names, notes = cases(replace(PLAN, carries=("perl", "1")), record, tmp_path)
    assert (names, notes) == ([], ["tool: its Depends does not carry perl 1, left out"])


def test_the_demos_own_bytes_are_listed_by_its_archive(record: Record) -> None:
    assert to_publish(PLAN, record) == record.debs
    assert NEWEST != TWO_DATES
