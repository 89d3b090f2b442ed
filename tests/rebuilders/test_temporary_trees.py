# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest

from rebuilders.debian.workplace import claimed
from rebuilders.temporary_trees import temporary_trees


def layer_in(trees: Path | None) -> Path:
    assert trees is not None
    layer = trees / "root/layers/abc"
    layer.mkdir(parents=True)
    (layer / "file").write_text("unpacked")
    return trees


def test_what_was_unpacked_is_gone_afterwards(tmp_path: Path) -> None:
    with temporary_trees(tmp_path) as trees:
        place = layer_in(trees)
        assert place.parent == tmp_path
        assert place.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_it_is_gone_when_the_command_fails(tmp_path: Path) -> None:
    def interrupted() -> None:
        with temporary_trees(tmp_path) as trees:
            layer_in(trees)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_see_each_other(tmp_path: Path) -> None:
    with temporary_trees(tmp_path) as first:
        place = layer_in(first)
        with temporary_trees(tmp_path) as second:
            assert second != first
        assert (place / "root/layers/abc/file").exists()


def test_what_a_killed_command_left_goes_with_the_next(tmp_path: Path) -> None:
    killed = tmp_path / f"dejabuild-{os.geteuid()}-once-killed"
    running = tmp_path / f"dejabuild-{os.geteuid()}-once-running"
    shared = tmp_path / f"dejabuild-{os.geteuid()}"
    for folder in (killed, running, shared):
        layer_in(folder)
    (tmp_path / f"dejabuild-{os.geteuid()}-once-link").symlink_to(shared)
    with claimed(running), temporary_trees(tmp_path):
        assert not killed.exists()
        assert running.exists()
    assert (shared / "root/layers/abc/file").exists()


def test_without_memory_the_worker_finds_its_own_place() -> None:
    with temporary_trees(None) as trees:
        assert trees is None
