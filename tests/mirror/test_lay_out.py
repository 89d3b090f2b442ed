# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees appear after their runs are published, and are completed when that was interrupted."""

from __future__ import annotations

import dataclasses

import pytest

from mirror.lay_out import link_shared, place_missing_runs, place_run
from mirror.pull import PullThrough
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import Deb, SmallArchive, World


def test_a_missing_tree_is_placed_with_its_aliases(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish_dated("20260711T120000Z", FIRST)
    mirror.sync(None, kind="dated")
    before = mirror.tree()
    top = mirror.root / "archive" / "debian"
    assert place_missing_runs(mirror.stores, "debian") == []
    for gone in (FIRST.date, Timestamp.parse("20260711T120000Z")):
        (top / str(gone)).unlink()
        assert place_missing_runs(mirror.stores, "debian") == [FIRST.date]
        assert mirror.tree() == before


def test_a_run_that_was_widened_just_before_a_crash_gets_its_new_tree(
    mirror: MirrorBench, archive: SmallArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.sync()
    archive.publish(dataclasses.replace(FIRST, suite="unstable", codename="sid"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("mirror.capture.place_run", killed)
        with pytest.raises(KeyboardInterrupt):
            mirror.sync(suites=("bookworm", "sid"))
    dists = mirror.root / "archive/debian" / str(FIRST.date) / "dists"
    assert not (dists / "sid").exists()
    mirror.sync(suites=("bookworm", "sid"))
    assert (dists / "sid/InRelease").read_bytes() == archive.files["/dists/sid/InRelease"]
    assert place_missing_runs(mirror.stores, "debian") == []


def test_a_reused_name_never_brings_another_runs_bytes(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    one, two = Deb("same", "1", size=3000), Deb("same", "1", size=5000)
    for world, deb in ((FIRST, one), (SECOND, two)):
        archive.publish(World((deb,), (), world.date))
        mirror.sync(files="on-demand")
    pull = PullThrough(mirror.stores, [mirror.policy(files="on-demand")])
    for deb in (two, one):  # the later meaning is stored first
        archive.files[f"/{deb.path}"] = deb.data
        assert pull(Digest.of(deb.data))
        for world, right in ((FIRST, one), (SECOND, two)):
            file = mirror.root / "archive/debian" / str(world.date) / one.path
            assert not file.exists() or file.read_bytes() == right.data
    assert file.read_bytes() == two.data


def test_the_suites_other_name_leads_to_the_same_tree(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    mirror.sync()
    dists = mirror.root / "archive/debian" / str(FIRST.date) / "dists"
    assert (dists / "stable").resolve() == (dists / "bookworm").resolve()
    archive.publish(SECOND)
    mirror.sync()
    newer = mirror.root / "archive/debian" / str(SECOND.date) / "dists"
    assert (newer / "stable").resolve() != (dists / "stable").resolve()


def test_without_local_blobs_there_is_nothing_to_lay_out(mirror: MirrorBench) -> None:
    stores = dataclasses.replace(mirror.stores, layout=None)
    link_shared(stores, "debian", FIRST.date, {}, [])
    place_run(stores, "debian", FIRST.date)
    assert place_missing_runs(stores, "debian") == []
    assert not (mirror.root / "archive").exists()
