# SPDX-License-Identifier: GPL-3.0-or-later
"""A link is there or it is not; nobody ever sees it gone while it changes."""

from __future__ import annotations

from pathlib import Path

from storage.links import is_own_run, link_each, make_link, new_aside, swap_link


def test_a_link_that_is_there_stays(tmp_path: Path) -> None:
    link = tmp_path / "a" / "b"
    make_link(link, "first")
    make_link(link, "second")
    assert str(link.readlink()) == "first"


def test_a_swap_leaves_one_link_and_nothing_beside_it(tmp_path: Path) -> None:
    link = tmp_path / "now"
    for target in ("runs/1", "runs/2", "runs/2"):
        assert swap_link(link, target) == link
        assert str(link.readlink()) == target
    assert list(tmp_path.iterdir()) == [link]


def test_every_file_of_a_tree_gets_a_link_that_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "tree/deep").mkdir(parents=True)
    (tmp_path / "tree/deep/file").write_text("1")
    (tmp_path / "place/deep").mkdir(parents=True)
    (tmp_path / "place/deep/other").write_text("2")
    for _ in range(2):
        link_each(tmp_path / "place", tmp_path / "tree")
    assert (tmp_path / "place/deep/file").read_text() == "1"
    assert not (tmp_path / "place/deep/file").readlink().is_absolute()
    assert (tmp_path / "place/deep/other").read_text() == "2"


def test_what_is_made_aside_has_no_name_yet(tmp_path: Path) -> None:
    new = new_aside(tmp_path / "runs" / "20260101T000000Z")
    assert new.is_dir()
    assert new.name.startswith(".20260101T000000Z-")
    assert new != new_aside(tmp_path / "runs" / "20260101T000000Z")


def test_a_stamp_that_leads_to_another_stamp_is_no_run_of_its_own(tmp_path: Path) -> None:
    make_link(tmp_path / "own", "runs/20260101T000000Z.0123")
    make_link(tmp_path / "alias", "20260101T000000Z")
    assert is_own_run(tmp_path / "own")
    assert not is_own_run(tmp_path / "alias")
    assert not is_own_run(tmp_path / "absent")
