# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs are lacking; `tests/integration/test_sync_upstreams.py` has whole syncs."""

from __future__ import annotations

import pytest

from mirror.debian_upstream import debian_upstreams
from mirror.sync import Selection, SyncReport, lacking_runs
from snapshot.errors import CorruptUpstream, NotFound
from snapshot.timestamp import Timestamp
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive

STAMPS = [Timestamp.parse("20260711T120000Z"), Timestamp.parse("20260901T010203Z")]


def lacking(mirror: MirrorBench, selection: Selection | None = None, **changed: object) -> object:
    policy = mirror.policy(**({"kind": "dated"} | changed))
    upstreams = debian_upstreams(policy)
    return lacking_runs(policy, upstreams, mirror.stores, selection or Selection())


def test_a_selection_includes_both_ends() -> None:
    first, second = STAMPS
    assert Selection().holds(first)
    assert Selection(first, first).holds(first)
    assert not Selection(first, first).holds(second)
    assert not Selection(first=second).holds(first)


def test_runs_that_are_here_under_any_stamp_are_not_lacking(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    for stamp, world in zip(STAMPS, (FIRST, SECOND), strict=True):
        archive.publish_dated(str(stamp), world)
    assert lacking(mirror) == STAMPS
    assert lacking(mirror, Selection(last=STAMPS[0])) == STAMPS[:1]
    report = mirror.sync(Selection(last=STAMPS[0]), kind="dated")
    assert report == SyncReport("debian", report.runs, 0)
    assert report.missing == 0
    assert lacking(mirror) == STAMPS[1:]


def test_an_upstream_without_a_list_of_runs_is_told_of(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    with pytest.raises(NotFound, match="/mr/timestamp/"):
        lacking(mirror)
    archive.files["/mr/timestamp/?archive=debian"] = b"<html>"
    with pytest.raises(CorruptUpstream, match="not a list of timestamps"):
        lacking(mirror)
    with pytest.raises(NotFound, match="no upstream lists its runs"):
        lacking(mirror, kind="live")
