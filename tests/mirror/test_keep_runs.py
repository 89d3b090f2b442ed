# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep rules remove runs: from the lists, from the trees, and from nothing that is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.choose_runs import Selection
from mirror.keep_runs import keep_runs, removable_runs
from mirror.lock import archive_lock, exclusive
from snapshot.errors import Busy
from snapshot.keep_rules import parse_rules
from snapshot.timestamp import Timestamp
from storage.prune_layout import remove_run
from tests.mirror.conftest import FIRST, SECOND, THIRD
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive

STAMPS = ("20260711T120000Z", "20260901T010203Z", "20261101T010203Z")
YEARLY = parse_rules(["yearly for ever"])


@pytest.fixture
def three(mirror: MirrorBench, archive: SmallArchive) -> MirrorBench:
    """Three runs with aliases; rules would leave the first and the last."""
    for stamp, world in zip(STAMPS, (FIRST, SECOND, THIRD), strict=True):
        archive.publish_dated(stamp, world)
    mirror.sync(kind="dated")
    return mirror


def presences(mirror: MirrorBench) -> list[str]:
    return [line for line in mirror.dump() if line.startswith(("presence", "index", "release"))]


def test_no_rule_removes_nothing(three: MirrorBench) -> None:
    assert keep_runs(three.policy(), three.stores) == ()
    assert len(three.stores.catalogue.run_stamps("debian")) == 3


def test_what_would_go_is_told_before_it_does(three: MirrorBench) -> None:
    before = three.dump()
    assert removable_runs(three.policy(keep=YEARLY), three.stores) == (SECOND.date,)
    assert three.dump() == before


def test_a_removed_run_leaves_the_tree_and_observations_stay(three: MirrorBench) -> None:
    remembered, top = presences(three), three.root / "archive/debian"
    first = (top / str(FIRST.date) / "dists/bookworm/InRelease").read_bytes()
    assert keep_runs(three.policy(keep=YEARLY), three.stores) == (SECOND.date,)
    assert presences(three) == remembered
    for gone in (str(SECOND.date), STAMPS[1]):
        assert not (top / gone).is_symlink()
    assert list((top / "runs").glob(f"{SECOND.date}.*")) == []
    assert len(list((top / "releases").iterdir())) == 2
    for stamp in (str(FIRST.date), STAMPS[0]):
        assert (top / stamp / "dists/bookworm/InRelease").read_bytes() == first
    assert keep_runs(three.policy(keep=YEARLY), three.stores) == ()


def test_what_a_killed_program_left_of_a_removed_run_goes_the_next_time(
    three: MirrorBench,
) -> None:
    now = Timestamp(int(three.time()))
    three.stores.catalogue.remove_runs("debian", [SECOND.date], now=now)
    assert (three.root / "archive/debian" / STAMPS[1] / "dists").is_dir()
    keep_runs(three.policy(keep=YEARLY), three.stores)
    assert not (three.root / "archive/debian" / STAMPS[1]).is_symlink()


def test_trees_that_went_long_ago_are_not_looked_for_again(
    three: MirrorBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Timestamp] = []

    def counting(root: Path, archive: str, stamp: Timestamp, aliases: tuple[Timestamp]) -> None:
        asked.append(stamp)
        remove_run(root, archive, stamp, aliases)

    monkeypatch.setattr("mirror.keep_runs.remove_run", counting)
    for _ in range(3):
        keep_runs(three.policy(keep=YEARLY), three.stores)
    assert asked == [SECOND.date]


def test_a_removed_run_does_not_come_back_by_a_sync(three: MirrorBench) -> None:
    keep_runs(three.policy(keep=YEARLY), three.stores)
    assert three.sync(kind="dated").runs == ()
    assert not (three.root / "archive/debian" / STAMPS[1]).is_symlink()


def test_one_that_is_asked_for_again_is_what_it_was(three: MirrorBench) -> None:
    whole, tree = three.dump(), three.tree()
    keep_runs(three.policy(keep=YEARLY), three.stores)
    three.sync(Selection(at=Timestamp.parse(STAMPS[1])), kind="dated")
    assert three.dump() == whole
    assert three.tree() == tree


def test_rules_wait_for_no_sync(three: MirrorBench) -> None:
    lock = archive_lock(three.stores.locks, "debian")
    with exclusive(lock, "sync of debian", now=0), pytest.raises(Busy, match="process"):
        keep_runs(three.policy(keep=YEARLY), three.stores)
