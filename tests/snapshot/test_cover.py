# SPDX-License-Identifier: GPL-3.0-or-later
"""Few points in time, few sets."""

from __future__ import annotations

from snapshot.cover import Cover, cover, stabs
from tests.snapshot.archive_of import span

LETTERS = "abcdefgh"


def of(*sets: str) -> list[int]:
    return [sum(1 << LETTERS.index(letter) for letter in letters) for letters in sets]


def at(points: list[tuple[str, str]]) -> list[tuple[int, str]]:
    found = stabs([(span(words), LETTERS.index(element)) for words, element in points])
    return [
        (
            stab.at.epoch,
            "".join(one for bit, one in enumerate(LETTERS) if stab.elements >> bit & 1),
        )
        for stab in found
    ]


def union(sets: list[int], chosen: tuple[int, ...]) -> int:
    found = 0
    for index in chosen:
        found |= sets[index]
    return found


def test_the_last_beginning_before_each_end_is_enough() -> None:
    assert at([("1-4", "a"), ("2-5", "b"), ("4-6", "c")]) == [(2, "ab"), (4, "bc")]


def test_an_interval_does_not_hold_its_own_end() -> None:
    assert at([("1-3", "a"), ("3-", "b")]) == [(1, "a"), (3, "b")]


def test_an_open_interval_reaches_any_later_point() -> None:
    assert at([("1-", "a"), ("7-", "b")]) == [(7, "ab")]


def test_an_element_that_came_back_counts_once_at_a_point() -> None:
    assert at([("1-2", "a"), ("4-", "a"), ("5-", "b")]) == [(1, "a"), (5, "ab")]
    assert at([]) == []


def test_an_element_of_two_overlapping_intervals_is_there_until_the_last_ends() -> None:
    assert at([("1-3", "a"), ("2-5", "a"), ("4-", "b")]) == [(2, "a"), (4, "ab")]


def test_the_minimum_is_found_where_greed_takes_three() -> None:
    assert cover(of("adeb", "abc", "def")) == Cover((1, 2), 2)


class Counted(int):
    """A set that counts how often any of its kind is compared with another."""

    compared = 0

    def __and__(self, other: int) -> int:
        Counted.compared += 1
        return int(self) & other

    __rand__ = __and__

    def __or__(self, other: int) -> int:
        Counted.compared += 1
        return int(self) | other

    __ror__ = __or__

    def __invert__(self) -> int:
        Counted.compared += 1
        return ~int(self)


def test_a_thousand_dates_are_compared_with_each_other_once() -> None:
    # A record of a stranger may name a package of each date there is.
    number = 1000
    found = cover([Counted(1 << element) for element in range(number)])
    assert found.at_least == len(found.chosen) == number
    assert number < Counted.compared < 2 * number * number


def test_of_equal_sets_the_preferred_one_is_taken() -> None:
    assert cover(of("ab", "ab", "a")) == Cover((0,), 1)
    assert cover([]) == Cover((), 0)
    assert cover([0]) == Cover((), 0)


def test_elements_that_meet_in_no_set_prove_the_number() -> None:
    assert cover(of("ab", "bc", "cd", "de", "ef")) == Cover((0, 2, 4), 3)


def test_without_time_to_search_the_greedy_cover_still_covers_all_and_says_how_far_it_may_be() -> (
    None
):
    sets = of("adeb", "abc", "def")
    found = cover(sets, search_limit=0)
    assert union(sets, found.chosen) == union(sets, (0, 1, 2))
    assert found == Cover((1, 2), 2)


def test_hundreds_of_stamps_end_in_the_search_limit() -> None:
    sets = [1 << n | 1 << (n * 7) % 301 | 1 << (n * 13) % 301 for n in range(301)]
    found = cover(sets)
    assert union(sets, found.chosen) == (1 << 301) - 1
    assert 2 < found.at_least <= len(found.chosen)


def test_a_closure_of_thousands_ends_soon() -> None:
    # 3,000 dates of which each lacks a few of 20,000 packages: searching them all takes hours.
    everything = (1 << 20_000) - 1
    sets = [everything & ~(7 << (n * 6)) & ~(1 << 19_000 + n % 1000) for n in range(3000)]
    found = cover(sets)
    assert union(sets, found.chosen) == everything
    assert found.at_least >= 2
