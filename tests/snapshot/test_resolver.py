# SPDX-License-Identifier: GPL-3.0-or-later
"""From needs to exact files."""

from __future__ import annotations

import pytest

from snapshot.candidate import Candidate
from snapshot.environment import Environment, Member
from snapshot.errors import InvalidInput
from snapshot.need import Need
from snapshot.resolver import Resolution, resolve
from snapshot.timestamp import Timestamp
from tests.snapshot.archive_of import candidate

A, B = Need("a", "1"), Need("b", "2")


def answer(needs: list[Need], *candidates: Candidate, near: int | None = None) -> Resolution:
    return resolve(
        needs,
        candidates,
        near=Timestamp(near) if near is not None else None,
        build_architecture="amd64",
    )


def test_the_environment_is_the_exact_set_of_digests() -> None:
    a, b = candidate("a 1", "1-"), candidate("b 2 all", "1-")
    found = answer([A, B, A], a, b, candidate("a 2", "1-"), candidate("c 1", "1-"))
    assert [choice.need for choice in found.chosen] == [A, B]
    assert found.missing == ()
    assert found.ambiguous == ()
    assert found.environment == Environment(
        "deb",
        frozenset({Member("a", "amd64", "1", a.digest), Member("b", "all", "2", b.digest)}),
    )


def test_the_source_is_located_but_is_no_part_of_the_environment() -> None:
    source = Need("a", "1", kind="source")
    found = answer([A, source], candidate("a 1", "1-"), candidate("a 1 source", "2-"))
    assert [choice.file.architecture for choice in found.chosen] == ["amd64", "source"]
    assert found.environment is not None
    assert len(found.environment.members) == 1


def test_a_missing_source_leaves_the_environment_complete() -> None:
    found = answer([A, Need("a", "1", kind="source")], candidate("a 1", "1-"))
    assert [gap.need.kind for gap in found.missing] == ["source"]
    assert found.environment is not None


def test_a_package_of_another_architecture_explains_and_does_not_answer() -> None:
    found = answer([A, B], candidate("a 1 i386", "1-"), candidate("b 2", "1-"))
    assert [(m.need, m.why, m.nearest) for m in found.missing] == [
        (A, "other architecture", "1 for i386")
    ]
    assert [choice.need for choice in found.chosen] == [B]
    assert found.environment is None


def test_a_foreign_need_takes_only_its_own_architecture() -> None:
    foreign = Need("a", "1", "i386")
    found = answer([A, foreign], candidate("a 1", "1-"), candidate("a 1 i386", "1-"))
    assert [choice.file.architecture for choice in found.chosen] == ["amd64", "i386"]


def test_what_is_missing_names_the_nearest_versions_on_both_sides() -> None:
    found = answer(
        [Need("a", "1:2-1"), Need("zz", "1")],
        *(candidate(f"a {version}", "1-") for version in ("1:1", "9", "1:3", "1:10")),
    )
    first, second = found.missing
    assert first.why == "unknown version"
    assert first.nearest == (
        "1:1 in debian/sid from 19700101T000001Z, 1:3 in debian/sid from 19700101T000001Z"
    )
    assert (second.why, second.nearest) == ("unknown package", "")


def test_of_two_files_of_one_version_the_one_nearest_to_the_build_is_taken_and_it_is_said() -> None:
    old = candidate("a 1", "1-3")
    new = candidate("a 1", "5-", suite="forky", content="other bytes")
    assert answer([A], old, new, near=2).chosen[0].file == old
    assert answer([A], old, new, near=9).chosen[0].file == new
    found = answer([A], old, new, near=3)
    assert found.ambiguous == (A,)
    assert found.chosen[0].candidates == (old,)


def test_an_unverified_archive_never_wins_by_its_dates_and_alone_it_is_named() -> None:
    anyone = candidate("a 1", "5-", archive="anyone", content="other bytes", verified=False)
    signed = candidate("a 1 all", "1-2")
    found = answer([A], anyone, signed, near=6)
    assert (found.chosen[0].file, found.unverified) == (signed, ())
    alone = answer([A, B], anyone, candidate("b 2", "5-"), near=6)
    assert (alone.chosen[0].file, alone.unverified) == (anyone, (A,))
    assert alone.environment is not None


def test_the_same_bytes_in_a_verified_archive_are_verified() -> None:
    anyone = candidate("a 1", "5-", archive="anyone", verified=False)
    found = answer([A], anyone, candidate("a 1", "1-2"), near=6)
    assert found.unverified == ()
    assert len(found.chosen[0].candidates) == 2


def test_the_same_file_in_two_suites_is_one_answer_with_two_places() -> None:
    found = answer([A], candidate("a 1", "1-"), candidate("a 1", "2-", suite="trixie"))
    assert found.ambiguous == ()
    assert len(found.chosen[0].candidates) == 2
    assert len(found.cover) == 1


def test_a_set_that_cannot_be_installed_together_is_refused() -> None:
    with pytest.raises(InvalidInput, match="twice"):
        answer([A, Need("a", "2", "amd64")], candidate("a 1", "1-"), candidate("a 2", "1-"))


def test_nothing_asked_is_answered_by_nothing() -> None:
    found = answer([])
    assert (found.cover, found.chosen, found.missing, found.at_least) == ((), (), (), 0)
