# SPDX-License-Identifier: GPL-3.0-or-later
"""The cover equals what trying everything finds."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from snapshot.cover import cover, stabs
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp

SETS = st.lists(st.frozensets(st.integers(0, 6)), max_size=7)
SPANS = st.lists(
    st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(1, 5)), st.integers(0, 5)),
    max_size=9,
)


@given(SETS)
def test_the_cover_is_a_smallest_one(sets: list[frozenset[int]]) -> None:
    everything = frozenset[int]().union(*sets)
    chosen = cover(sets)
    assert frozenset[int]().union(*(sets[index] for index in chosen)) == everything
    smallest = next(
        size
        for size in range(len(sets) + 1)
        if any(frozenset().union(*some) == everything for some in combinations(sets, size))
    )
    assert len(chosen) == smallest


@given(SETS, st.integers(0, 3))
def test_a_search_cut_short_still_covers_and_wastes_no_set(
    sets: list[frozenset[int]], limit: int
) -> None:
    everything = frozenset[int]().union(*sets)
    chosen = cover(sets, search_limit=limit)
    assert frozenset[int]().union(*(sets[index] for index in chosen)) == everything
    for left_out in chosen:
        rest = frozenset[int]().union(*(sets[i] for i in chosen if i != left_out))
        assert rest != everything or not everything


@given(SPANS)
def test_every_moment_is_part_of_a_stab(spans: list[tuple[int, int | None, int]]) -> None:
    rows = [
        (Interval(Timestamp(first), Timestamp(first + length) if length else None), element)
        for first, length, element in spans
    ]
    found = stabs(rows)
    for moment in range(20):
        there = {element for interval, element in rows if Timestamp(moment) in interval}
        assert not there or any(there <= stab.elements for stab in found)
    for stab in found:
        assert stab.elements == {element for interval, element in rows if stab.at in interval}
        assert any(stab.at == interval.first for interval, _ in rows)
