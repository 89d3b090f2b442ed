# SPDX-License-Identifier: GPL-3.0-or-later
"""Dependency fields are read as deb-src-control(5) has them."""

from __future__ import annotations

import pytest

from snapshot.relations import Relation, read_relations


def names(text: str, architecture: str = "amd64") -> list[list[str]]:
    return [[one.name for one in group] for group in read_relations(text, architecture)]


def test_alternatives_versions_and_qualifiers() -> None:
    found = read_relations("a (>= 1:2) | b:any, c (<<3~),\n d", "amd64")
    assert found == [
        (Relation("a", ">=", "1:2"), Relation("b")),
        (Relation("c", "<<", "3~"),),
        (Relation("d"),),
    ]


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("a [amd64]", True),
        ("a [arm64 amd64]", True),
        ("a [arm64]", False),
        ("a [!amd64]", False),
        ("a [!arm64 !i386]", True),
        ("a [linux-any]", True),
        ("a [any-amd64]", True),
        ("a [kfreebsd-any]", False),
        ("a <!nocheck>", True),
        ("a <cross>", False),
        ("a <!nocheck !cross>", True),
        ("a <cross> <!nocheck>", True),
        ("a (>= 1) [amd64] <!nodoc>", True),
    ],
)
def test_restrictions_are_those_of_a_plain_build(text: str, counted: bool) -> None:
    assert bool(names(text)) is counted


@pytest.mark.parametrize("text", ["", ",,", "  ", "a (>= ", "%%", "a (?? 1)"])
def test_what_cannot_be_read_asks_for_nothing(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    ("relation", "version", "fits"),
    [
        ("a", "0", True),
        ("a (= 1-1)", "1-1", True),
        ("a (= 1-1)", "1-1+b1", False),
        ("a (>= 1)", "1~rc1", False),
        ("a (<< 1)", "1~rc1", True),
        ("a (>> 1)", "1", False),
        ("a (<= 1)", "1", True),
        ("a (> 1)", "1", True),
    ],
)
def test_versions_compare_as_dpkg_does(relation: str, version: str, fits: bool) -> None:
    ((one,),) = read_relations(relation, "amd64")
    assert one.accepts(version) is fits
