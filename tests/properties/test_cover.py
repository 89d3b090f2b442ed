# SPDX-License-Identifier: GPL-3.0-or-later
"""The cover equals what trying everything finds, and its bound never says too much."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from snapshot.candidate import Candidate, Chosen
from snapshot.coordinates import Coordinates
from snapshot.cover import cover, stabs
from snapshot.dated_suites import minimal_cover
from snapshot.digest import Digest
from snapshot.need import Need
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp
from tests.drill_figures import FIGURE

SETS = st.lists(st.integers(0, 127), max_size=7)
SPANS = st.lists(
    st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(1, 5)), st.integers(0, 5)),
    max_size=9,
)
#: Random build records whose cover is compared with trying everything.
RECORDS = 1500
NOON = 12


def union(sets: list[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found


def smallest(sets: list[int]) -> int:
    everything = union(sets)
    distinct = sorted(set(sets) - {0})
    return next(
        size
        for size in range(len(distinct) + 1)
        if any(union(list(some)) == everything for some in combinations(distinct, size))
    )


@given(SETS)
def test_the_cover_is_a_smallest_one(sets: list[int]) -> None:
    found = cover(sets)
    assert union([sets[index] for index in found.chosen]) == union(sets)
    assert len(found.chosen) == found.at_least == smallest(sets)


@given(SETS, st.integers(0, 30))
def test_a_search_cut_short_still_covers_wastes_no_set_and_promises_nothing_false(
    sets: list[int], limit: int
) -> None:
    found = cover(sets, search_limit=limit)
    assert union([sets[index] for index in found.chosen]) == union(sets)
    assert found.at_least <= smallest(sets) <= len(found.chosen)
    for left_out in found.chosen:
        rest = union([sets[i] for i in found.chosen if i != left_out])
        assert rest != union(sets) or not union(sets)


@given(SPANS)
def test_every_moment_is_part_of_a_stab(spans: list[tuple[int, int | None, int]]) -> None:
    rows = [
        (Interval(Timestamp(first), Timestamp(first + length) if length else None), element)
        for first, length, element in spans
    ]
    found = stabs(rows)
    for moment in range(20):
        there = union([1 << element for interval, element in rows if Timestamp(moment) in interval])
        assert not there or any(there | stab.elements == stab.elements for stab in found)
    for stab in found:
        held = union([1 << element for interval, element in rows if stab.at in interval])
        assert stab.elements == held
        assert any(stab.at == interval.first for interval, _ in rows)


def test_the_dated_suites_of_random_records_are_as_few_as_trying_everything_finds(
    record_property: Callable[[str, object], None],
) -> None:
    rng = random.Random(13)
    sizes: dict[int, int] = {}
    for _ in range(RECORDS):
        chosen = random_record(rng)
        found = minimal_cover(chosen, None)
        assert all(
            any(holds(step.archive, step.suite, step.at, one) for step in found.steps)
            for one in chosen
        )
        # Any (archive, suite) at any moment whatever may be taken.
        suites = {
            (each.coordinates.archive, each.coordinates.suite)
            for one in chosen
            for each in one.candidates
        }
        moments = [
            union([1 << n for n, one in enumerate(chosen) if holds(*place, Timestamp(at), one)])
            for place in suites
            for at in range(NOON)
        ]
        best = smallest(moments)
        assert len(found.steps) == found.at_least == best
        sizes[best] = sizes.get(best, 0) + 1
    assert len(sizes) > 3
    record_property(FIGURE, ("minimal covers", {"equal to brute force": RECORDS}))


def holds(archive: str, suite: str, at: Timestamp, choice: Chosen) -> bool:
    return any(
        (one.coordinates.archive, one.coordinates.suite) == (archive, suite)
        and any(at in interval for interval in one.intervals)
        for one in choice.candidates
    )


def random_record(rng: random.Random) -> list[Chosen]:
    """Up to nine packages in up to eight suites of up to three archives."""
    places = [
        Coordinates(f"archive{number % 3}", f"suite{number}", "main", "amd64")
        for number in range(rng.randint(1, 8))
    ]
    return [
        Chosen(Need(name, "1"), tuple(random_candidate(rng, name, place) for place in some))
        for name in "abcdefghi"[: rng.randint(1, 9)]
        if (some := rng.sample(places, rng.randint(1, min(3, len(places)))))
    ]


def random_candidate(rng: random.Random, name: str, place: Coordinates) -> Candidate:
    ends = sorted(rng.sample(range(NOON), rng.choice((1, 2, 2, 4))))
    intervals = [
        Interval(Timestamp(first), Timestamp(until) if until is not None else None)
        for first, until in zip(ends[::2], [*ends[1::2], None], strict=False)
    ]
    return Candidate(
        name=name,
        version="1",
        architecture="amd64",
        digest=Digest.of(name.encode()),
        sha1=None,
        size=1,
        path=f"pool/{name}.deb",
        coordinates=place,
        intervals=tuple(intervals),
    )
