# SPDX-License-Identifier: GPL-3.0-or-later
"""Syncs from several kinds of upstream, and of runs that are here in part."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mirror.choose_runs import Selection
from snapshot.errors import CorruptUpstream
from snapshot.keep_rules import parse_rules
from snapshot.timestamp import Timestamp
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive

STAMPS = [Timestamp.parse("20260711T120000Z"), Timestamp.parse("20260901T010203Z")]


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


def dated(archive: SmallArchive) -> None:
    for stamp, world in zip(STAMPS, (FIRST, SECOND), strict=True):
        archive.publish_dated(str(stamp), world)


def test_a_run_that_is_completed_is_what_it_would_have_been(
    mirror: MirrorBench, archive: SmallArchive, tmp_path: Path
) -> None:
    dated(archive)
    mirror.sync(kind="dated", architectures=("amd64",))
    before = mirror.stores.catalogue.run_stamps("debian")
    mirror.sync(kind="dated")
    assert mirror.stores.catalogue.run_stamps("debian") == before
    (tmp_path / "other").mkdir()
    url = f"sqlite:///{tmp_path}/other/catalogue.sqlite"
    assert mirror.keyring is not None
    other = MirrorBench(tmp_path / "other", url, *mirror.upstreams, keys=[mirror.keyring])
    other.sync(kind="dated")
    assert mirror.dump() == other.dump()
    assert mirror.tree() == other.tree()
    other.close()


def test_a_run_keeps_its_stamp_when_a_younger_suite_joins_it(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    younger = dataclasses.replace(
        FIRST, suite="unstable", codename="sid", date=Timestamp.parse("20260711T111111Z")
    )
    archive.publish_dated(str(STAMPS[0]), FIRST, younger)
    mirror.sync(kind="dated")
    mirror.sync(kind="dated", suites=("bookworm", "sid"))
    (run,) = mirror.stores.catalogue.runs("debian")
    assert run.stamps == (FIRST.date, STAMPS[0])
    suites = {one.suite for one in mirror.stores.catalogue.releases_at("debian", FIRST.date)}
    assert suites == {"bookworm", "sid"}
    assert (mirror.root / "archive/debian" / str(STAMPS[0]) / "dists/sid/InRelease").exists()


def test_a_sync_applies_the_keep_rules(mirror: MirrorBench, archive: SmallArchive) -> None:
    mirror.sync()
    archive.publish(SECOND)
    report = mirror.sync(keep=parse_rules(["all for 1 day"]))
    assert report.removed == (FIRST.date,)
    assert mirror.stores.catalogue.run_stamps("debian") == (SECOND.date,)
