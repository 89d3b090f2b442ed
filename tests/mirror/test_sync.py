# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs are lacking; `tests/integration/test_sync_upstreams.py` has whole syncs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.open_upstreams import open_upstreams
from mirror.sync import Selection, SyncReport, runs_to_capture
from snapshot.errors import ConfigurationError, CorruptUpstream, NotFound
from snapshot.timestamp import Timestamp
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive

STAMPS = [Timestamp.parse("20260711T120000Z"), Timestamp.parse("20260901T010203Z")]


def lacking(mirror: MirrorBench, selection: Selection | None = None, **changed: object) -> object:
    policy = mirror.policy(**({"kind": "dated"} | changed))
    upstreams = open_upstreams(policy)
    return runs_to_capture(policy, upstreams, mirror.stores, selection or Selection())


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
    assert lacking(mirror, kind="live") == [None]
    with pytest.raises(ConfigurationError, match="no past to choose from"):
        lacking(mirror, Selection(first=STAMPS[0]), kind="live")


def test_now_comes_from_a_live_mirror_and_the_past_from_a_dated_service(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish_dated(str(STAMPS[0]), FIRST)
    archive.publish(SECOND)
    both = (*mirror.upstreams, f"dated+{mirror.upstreams[0]}")
    assert [run.stamp for run in mirror.sync(upstreams=both).runs] == [SECOND.date]
    report = mirror.sync(Selection(last=STAMPS[1]), upstreams=both)
    assert [run.stamp for run in report.runs] == [FIRST.date]


def test_a_local_directory_is_an_upstream(
    mirror: MirrorBench, archive: SmallArchive, tmp_path: Path
) -> None:
    for path, data in archive.files.items():
        file = tmp_path / "disk" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    deb = tmp_path / "disk" / FIRST.debs[0].path
    report = mirror.sync(upstreams=(f"file://{tmp_path}/disk",))
    assert (report.missing, report.runs[0].stamp) == (0, FIRST.date)
    found = mirror.stores.catalogue.file_at("debian", FIRST.date, FIRST.debs[0].path)
    assert found is not None
    assert b"".join(mirror.blobs.open(found.digest)) == deb.read_bytes()


def test_what_lies_about_on_a_disk_is_verified_like_anything_else(
    mirror: MirrorBench, archive: SmallArchive, tmp_path: Path
) -> None:
    for path, data in archive.files.items():
        file = tmp_path / "disk" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    deb = tmp_path / "disk" / FIRST.debs[0].path
    deb.write_bytes(deb.read_bytes()[::-1])
    with pytest.raises(CorruptUpstream, match="wrong SHA-256"):
        mirror.sync(upstreams=(f"file://{tmp_path}/disk",))
    # Another upstream stands in for the one file.
    assert mirror.sync(upstreams=(f"file://{tmp_path}/disk", *mirror.upstreams)).missing == 0
