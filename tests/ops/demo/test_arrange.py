# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.demo.arrange import arrange_real, three_dates
from snapshot.packages import BinaryStanza
from snapshot.timestamp import Timestamp
from tests.ops.demo.invented import binary, indices

OLD, NEW = Timestamp.parse("20260711T101637Z"), Timestamp.parse("20261119T021254Z")


@dataclass
class Archive:
    old: Any
    old_date: Timestamp = OLD
    new_date: Timestamp = NEW


def test_three_dates_are_the_archives_own_and_one_between() -> None:
    assert list(map(str, three_dates(OLD, NEW))) == [
        "20260711T101637Z",
        "20260914T000000Z",
        "20261119T021254Z",
    ]


def test_dates_that_do_not_differ_are_pulled_apart() -> None:
    first, second, third = three_dates(NEW, NEW)
    assert first < second < third == NEW


def test_updates_arrive_for_every_other_source(tmp_path: Path) -> None:
    before = [binary("perl", "1"), binary("tk", "1"), binary("dash", "1")]
    after = [binary("perl", "2"), binary("tk", "2"), binary("new-only", "1")]
    old: Any = indices(tmp_path, before, [])
    stanzas = [BinaryStanza.parse(text.strip().encode()) for text in (*before, *after)]
    archive: Any = Archive(old)
    arrangement = arrange_real(archive, stanzas, [])
    listed = [
        sorted(f"{b.name}={b.version}" for b in map(BinaryStanza.parse, packages))
        for packages in arrangement.packages
    ]
    assert listed == [
        ["dash=1", "perl=1", "tk=1"],
        ["dash=1", "perl=2", "tk=1"],
        ["dash=1", "new-only=1", "perl=2", "tk=2"],
    ]
