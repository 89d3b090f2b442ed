# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from rebuilders.member_difference import describe_members
from tests.rebuilders.deb_files import make_deb


@pytest.mark.parametrize("compression", ["xz", "gz", "zst", ""])
def test_the_member_that_differs_is_named_with_both_digests(
    tmp_path: Path, compression: str
) -> None:
    old = make_deb(tmp_path / "old.deb", {"./same": b"x", "./usr/a": b"1"}, suffix=compression)
    new = make_deb(tmp_path / "new.deb", {"./same": b"x", "./usr/a": b"2"}, suffix=compression)
    lines = describe_members(old, new).splitlines()
    assert [line[:15] for line in lines] == ["- data:./usr/a ", "+ data:./usr/a "]


def test_a_member_on_one_side_only_is_named_once(tmp_path: Path) -> None:
    old = make_deb(tmp_path / "old.deb", {"./a": b"x"})
    new = make_deb(tmp_path / "new.deb", {"./a": b"x", "./b": b"y"})
    assert describe_members(old, new).startswith("+ data:./b ")


def test_packages_that_differ_only_in_packing_are_said_so(tmp_path: Path) -> None:
    old = make_deb(tmp_path / "old.deb", {"./a": b"x"}, suffix="xz")
    assert "packing" in describe_members(old, old)


def test_a_file_that_is_no_package_or_broken_is_described_by_its_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"text")
    (tmp_path / "b").write_bytes(b"!<arch>\nrubbish")
    text = describe_members(tmp_path / "a", tmp_path / "b")
    assert "4 bytes" in text
    assert "unreadable" in text
