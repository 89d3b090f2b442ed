# SPDX-License-Identifier: GPL-3.0-or-later
"""Installed packages of a build record."""

from __future__ import annotations

import pytest

from snapshot.control import read_fields
from snapshot.errors import InvalidInput
from snapshot.installed_build_depends import read_installed
from snapshot.need import Need


def read(items: str, limit: int = 10) -> tuple[Need, ...]:
    return read_installed(
        read_fields(f"Installed-Build-Depends: {items}\n".encode(), document="d"), limit
    )


def test_qualifiers_that_name_no_architecture_are_dropped() -> None:
    assert read("a (= 1), b:any (= 2), c:native (= 3),d:all(=4),\n e:i386 (= 1:5-6~+b1)") == (
        Need("a", "1"),
        Need("b", "2"),
        Need("c", "3"),
        Need("d", "4"),
        Need("e", "1:5-6~+b1", "i386"),
    )


def test_multi_arch_siblings_are_two_needs_and_repetitions_one() -> None:
    assert read("a (= 1), a:i386 (= 1), a (= 1)") == (Need("a", "1"), Need("a", "1", "i386"))


@pytest.mark.parametrize(
    "item", ["a", "a (1)", "a (== 1)", "a (= 1) x", "a [amd64] (= 1)", "-a (= 1)", "a (= $(id))"]
)
def test_anything_but_an_exact_version_is_refused(item: str) -> None:
    with pytest.raises(InvalidInput, match="d, line 1: not an installed package"):
        read(item)


def test_one_package_in_two_versions_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"a \(= 2\) after a \(= 1\)"):
        read("a (= 1), a (= 2)")


def test_the_number_is_bounded() -> None:
    with pytest.raises(InvalidInput, match="more than 2 installed packages"):
        read("a (= 1), b (= 1), c (= 1)", limit=2)
