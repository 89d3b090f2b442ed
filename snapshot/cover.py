# SPDX-License-Identifier: GPL-3.0-or-later
"""The fewest dated suites that together hold a set of packages, and how few there must be.

Two steps. `stabs` turns presence intervals into the few points in time worth looking at: a
point can be moved to the latest beginning at or before it without losing any interval, so
only beginnings matter, and of those only the last before each end. `cover` then picks the
fewest sets. Sets are integers with a bit per element: hundreds are joined in a microsecond.

A cover comes with a bound. Elements of which no set holds two need a set each; so many sets are
needed at least. Where that is fewer than were picked, every smaller number is tried and ruled
out, until none is left or the budget is used up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace

from snapshot.presence import Interval
from snapshot.timestamp import Timestamp

#: Joins of sets of the exact search; some 50 ms. Real records need a few hundred.
SEARCH_LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class Stab:
    """A point in time and what was present then.

    Attributes:
        at: A stamp at which at least one of the elements was first seen.
        elements: Everything present at that stamp, a bit for each.
    """

    at: Timestamp
    elements: int


@dataclass(frozen=True, slots=True)
class Cover:
    """Some sets that hold everything.

    Attributes:
        chosen: Their indices, ascending.
        at_least: No cover has fewer sets; equal to the number chosen: it is a smallest one.
    """

    chosen: tuple[int, ...]
    at_least: int


def stabs(intervals: Iterable[tuple[Interval, int]]) -> list[Stab]:
    """The points in time at which the present set is maximal, in order.

    Args:
        intervals: When each element was present, by its number from 0; one may have several.

    Returns:
        Points such that any other point's set is a subset of one of theirs.
    """
    events: list[tuple[int, int, int]] = []
    for interval, element in intervals:
        events.append((interval.first.epoch, 1, element))
        if (until := interval.until) is not None:
            events.append((until.epoch, 0, element))
    # At equal times ends come first: an interval does not hold its own end.
    events.sort()
    times: dict[int, int] = {}
    present = 0
    found: list[Stab] = []
    latest: int | None = None
    for epoch, begins, element in events:
        if begins:
            times[element] = times.get(element, 0) + 1
            present |= 1 << element
            latest = epoch
            continue
        if latest is not None:
            found.append(Stab(Timestamp(latest), present))
            latest = None
        times[element] -= 1
        if not times[element]:
            present ^= 1 << element
    if latest is not None:
        found.append(Stab(Timestamp(latest), present))
    return found


def cover(sets: Sequence[int], *, search_limit: int = SEARCH_LIMIT) -> Cover:
    """Few sets whose union is the union of all.

    Args:
        sets: A bit per element, in order of preference: of two equally small covers the one
            that comes from earlier sets tends to win.
        search_limit: Joins of sets after which the best cover so far is taken.
    """
    everything = 0
    for one in sets:
        everything |= one
    if not everything:
        return Cover((), 0)
    for index, one in enumerate(sets):
        if one == everything:
            return Cover((index,), 1)
    best = _greedy(sets, everything)
    at_least = max(2, _apart(sets, best, everything))  # one was not enough
    if at_least < len(best):
        best, at_least = _search(_Search(sets, search_limit), best, at_least)
    return Cover(tuple(sorted(best)), at_least)


def _search(search: _Search, best: tuple[int, ...], at_least: int) -> tuple[tuple[int, ...], int]:
    """Rule out one number after another, until one will do or the steps are used up."""
    while at_least < len(best) and search.steps >= 0:
        found = search.with_at_most(at_least, search.everything)
        if found is not None:
            return found, at_least
        at_least += search.steps >= 0
    return best, at_least


def _greedy(sets: Sequence[int], everything: int) -> tuple[int, ...]:
    """Always the set that adds most, of equal ones the first; then drop what the others cover."""
    chosen: list[int] = []
    left = everything
    # What a set adds only becomes less, so it is counted again only where it would be next.
    queue = [(-one.bit_count(), index) for index, one in enumerate(sets)]
    heapify(queue)
    while left:
        index = queue[0][1]
        now = (-(sets[index] & left).bit_count(), index)
        if now == queue[0]:
            heappop(queue)
            chosen.append(index)
            left &= ~sets[index]
        else:
            heapreplace(queue, now)
    once = _held_once(sets, chosen)
    for index in list(chosen):
        if not sets[index] & once:
            chosen.remove(index)
            once = _held_once(sets, chosen)
    return tuple(chosen)


def _held_once(sets: Sequence[int], chosen: Iterable[int]) -> int:
    """Elements that only one of the chosen sets holds."""
    held = again = 0
    for index in chosen:
        again |= held & sets[index]
        held |= sets[index]
    return held & ~again


def _apart(sets: Sequence[int], chosen: Sequence[int], everything: int) -> int:
    """How many elements of which no set holds two are found by looking once at each set chosen.

    One that only this set of the chosen holds is a likely one. Few sets are proved so at once.
    """
    left, found = everything, 0
    once = _held_once(sets, chosen)
    for index in chosen:
        own = left & once & sets[index]
        bit = own & -own
        if bit:
            found += 1
            for one in sets:
                if one & bit:
                    left &= ~one
    return found


class _Search:
    """Depth first over the sets that hold the element with the fewest choices.

    Elements are renumbered, those in the fewest sets first: the lowest bit is the next to decide.

    Attributes:
        steps: Joins of sets that may still be made.
        everything: All elements.
    """

    def __init__(self, sets: Sequence[int], limit: int) -> None:
        self.steps = limit
        self.everything = 0
        #: Joining larger sets takes longer.
        self._words = 1
        self._sets: dict[int, int] = {}
        #: For each element the sets that hold it, and all that any of them holds.
        self._holders: dict[int, tuple[list[int], int]] = {}
        kept = self._without_parts(sets)
        self.steps -= sum(sets[index].bit_count() for index in kept)
        if self.steps < 0:
            return
        holders: dict[int, list[int]] = {}
        for index in kept:
            for bit in _bits(sets[index]):
                holders.setdefault(bit, []).append(index)
        for number, bit in enumerate(sorted(holders, key=lambda one: len(holders[one]))):
            for index in holders[bit]:
                self._sets[index] = self._sets.get(index, 0) | 1 << number
            self._holders[1 << number] = (holders[bit], 0)
        for bit, (indices, _) in self._holders.items():
            beside = 0
            for index in indices:
                beside |= self._sets[index]
            self._holders[bit] = (indices, beside)
            self.everything |= bit
        self._words += len(holders) // 512

    def _without_parts(self, sets: Sequence[int]) -> list[int]:
        """Indices of the sets that are no part of another; of equal ones the first."""
        first: dict[int, int] = {}
        for index, one in enumerate(sets):
            if one:
                first.setdefault(one, index)
        kept: list[int] = []
        for one in sorted(first, key=lambda one: (-one.bit_count(), first[one])):
            self.steps -= len(kept)
            if self.steps < 0:
                return []
            if not any(one | sets[index] == sets[index] for index in kept):
                kept.append(first[one])
        return kept

    def needed(self, left: int) -> int:
        """At least so many sets are needed for the rest: elements of which no set holds two."""
        count = 0
        while left and self.steps >= 0:
            left &= ~self._holders[left & -left][1]
            count += 1
        self.steps -= count * self._words
        return count

    def with_at_most(self, number: int, left: int) -> tuple[int, ...] | None:
        """So many sets that hold the rest; None: there are none, or no step is left."""
        if not left:
            return ()
        if number < 1 or self.needed(left) > number or self.steps < 0:
            return None
        indices, _ = self._holders[left & -left]
        self.steps -= len(indices) * self._words
        for index in sorted(indices, key=lambda one: (-(self._sets[one] & left).bit_count(), one)):
            found = self.with_at_most(number - 1, left & ~self._sets[index])
            if found is not None:
                return (*found, index)
        return None


def _bits(number: int) -> Iterator[int]:
    """The bits that are set, each as a number of its own."""
    while number:
        lowest = number & -number
        yield lowest
        number ^= lowest
