# SPDX-License-Identifier: GPL-3.0-or-later
"""Few points in time, few sets."""

from __future__ import annotations

from snapshot.cover import cover, stabs
from tests.snapshot.archive_of import span


def at(points: list[tuple[str, str]]) -> list[tuple[int, str]]:
    found = stabs([(span(words), element) for words, element in points])
    return [(stab.at.epoch, "".join(sorted(stab.elements))) for stab in found]


def test_the_last_beginning_before_each_end_is_enough() -> None:
    assert at([("1-4", "a"), ("2-5", "b"), ("4-6", "c")]) == [(2, "ab"), (4, "bc")]


def test_an_interval_does_not_hold_its_own_end() -> None:
    assert at([("1-3", "a"), ("3-", "b")]) == [(1, "a"), (3, "b")]


def test_an_open_interval_reaches_any_later_point() -> None:
    assert at([("1-", "a"), ("7-", "b")]) == [(7, "ab")]


def test_an_element_that_came_back_counts_once_at_a_point() -> None:
    assert at([("1-2", "a"), ("4-", "a"), ("5-", "b")]) == [(1, "a"), (5, "ab")]
    assert at([]) == []


def test_the_minimum_is_found_where_greed_takes_three() -> None:
    sets = [frozenset("adeb"), frozenset("abc"), frozenset("def")]
    assert cover(sets) == (1, 2)


def test_of_equal_sets_the_preferred_one_is_taken() -> None:
    assert cover([frozenset("ab"), frozenset("ab"), frozenset("a")]) == (0,)
    assert cover([]) == ()
    assert cover([frozenset()]) == ()


def test_without_time_to_search_the_greedy_cover_still_covers_all() -> None:
    sets = [frozenset("adeb"), frozenset("abc"), frozenset("def")]
    assert frozenset().union(*(sets[i] for i in cover(sets, search_limit=0))) == set("abcdef")


def test_hundreds_of_stamps_end_in_the_search_limit() -> None:
    sets = [frozenset({n, (n * 7) % 301, (n * 13) % 301}) for n in range(301)]
    chosen = cover(sets, search_limit=200)
    assert frozenset().union(*(sets[index] for index in chosen)) == set(range(301))
