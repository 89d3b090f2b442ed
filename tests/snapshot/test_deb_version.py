# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's order of versions, and their parts."""

from __future__ import annotations

import pytest

from snapshot.deb_version import (
    checked_version,
    nearest_versions,
    split_version,
    version_key,
    without_binnmu,
    without_epoch,
)
from snapshot.errors import InvalidInput

ASCENDING = [
    "~~", "~~a", "~", "0~1", "0", "0+", "1.0~rc1-1", "1.0-0.1", "1.0-1~deb12u1", "1.0-1",
    "1.0-1+b1", "1.0-1+b10", "1.0-1.1", "1.0a", "1.0+git1", "1.0.1-1", "1.2-3-4", "1.10", "1:0.1",
    "2:0",
]  # fmt: skip


def test_the_order_is_dpkgs() -> None:
    descending = list(reversed(ASCENDING))
    assert sorted(descending, key=version_key) == ASCENDING


@pytest.mark.parametrize(("a", "b"), [("1", "0:1"), ("1-0", "1"), ("1.0", "1.00"), ("a", "a0")])
def test_equal_versions_have_equal_keys(a: str, b: str) -> None:
    assert version_key(a) == version_key(b)


def test_the_parts_of_a_version() -> None:
    assert split_version("1:2.3-4-5") == (1, "2.3-4", "5")
    assert split_version("2.3") == (0, "2.3", "")
    assert without_epoch("1:2-3") == "2-3"
    assert without_epoch("2-3") == "2-3"
    assert without_binnmu("1:2-3+b12") == "1:2-3"
    assert without_binnmu("2-3+b") == "2-3+b"


@pytest.mark.parametrize("text", ["", "1 2", "1;rm", "x:1", "1/2", "$(id)", "1\n"])
def test_what_is_no_version_is_refused(text: str) -> None:
    if text == "x:1":  # dpkg refuses the epoch; old archives hold such upstream versions
        assert checked_version(text) == text
        return
    with pytest.raises(InvalidInput):
        checked_version(text)


def test_numbers_of_thousands_of_digits_are_ordered_too() -> None:
    small, large = "1.0", f"1.{'9' * 5000}"
    assert max([large, small, f"1.0{'9' * 4999}"], key=version_key) == large
    assert version_key(f"{'9' * 5000}:1") != version_key("1")


def test_the_neighbours_of_a_version_are_those_dpkg_orders_next_to_it() -> None:
    known = ["1", "2", "10", "10+b1", "1:0", "11~rc1"]
    assert nearest_versions("10.5", known) == ["10+b1", "11~rc1"]
    assert nearest_versions("10", known) == ["2", "10+b1"]
    assert nearest_versions("9:1", known) == ["1:0"]
    assert nearest_versions("0", known) == ["1"]
    assert nearest_versions("1", []) == []
