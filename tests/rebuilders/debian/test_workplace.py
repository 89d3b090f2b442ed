# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest

from rebuilders.debian.identities import Identities
from rebuilders.debian.workplace import Workplace, claimed

ROOT = Identities("root", None, 2952)


def workplace(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path / "memory", tmp_path / "disk", ROOT)


def test_a_working_tree_is_gone_afterwards_whatever_happened(tmp_path: Path) -> None:
    place = workplace(tmp_path)
    seen = []

    def use() -> None:
        with place.work_tree("job1") as tree:
            seen.append(tree.upper.is_dir())
            seen.append(tree.path.is_relative_to(tmp_path / "memory"))
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        use()
    assert seen == [True, True]
    assert list((tmp_path / "memory/root/work").iterdir()) == []


def test_a_second_opinion_has_its_tree_on_disk(tmp_path: Path) -> None:
    place = workplace(tmp_path)
    assert place.in_memory
    with place.work_tree("job1", on_disk=True) as tree:
        assert tree.path.is_relative_to(tmp_path / "disk")
    assert not Workplace(tmp_path / "one", tmp_path / "one", ROOT).in_memory


def test_a_sweep_takes_what_nobody_holds_and_only_that(tmp_path: Path) -> None:
    place = workplace(tmp_path)
    left = tmp_path / "memory/root/work/job9-dead"
    (left / "upper/etc").mkdir(parents=True)
    half = place.layers / ".making-dead"
    half.mkdir()
    with place.work_tree("job1") as tree:
        removed = workplace(tmp_path).sweep()
        assert set(removed) == {left, half}
        assert tree.upper.is_dir()


def test_a_directory_is_claimed_once(tmp_path: Path) -> None:
    with claimed(tmp_path) as first, claimed(tmp_path) as second:
        assert (first, second) == (True, False)
    with claimed(tmp_path / "absent") as third:
        assert not third


def test_trees_in_shared_memory_are_closed_to_others(tmp_path: Path) -> None:
    workplace(tmp_path)
    assert (tmp_path / "memory").stat().st_mode & 0o777 == 0o700


def test_what_is_worth_having_again_stays_and_only_the_last_few(tmp_path: Path) -> None:
    place = workplace(tmp_path)
    for number in range(6):
        with place.kept(f"apt-{number}") as folder:
            (folder / "lists").touch()
            os.utime(folder, (number, number))
    left = {path.name for path in (tmp_path / "memory/root/kept").iterdir()}
    assert left == {"apt-2", "apt-3", "apt-4", "apt-5"}
    with place.kept("apt-3") as folder:
        assert (folder / "lists").exists()
        assert place.sweep() == ()
