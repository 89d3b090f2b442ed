# SPDX-License-Identifier: GPL-3.0-or-later
"""The fewest dated suites that together hold a set of packages.

Two steps. `stabs` turns presence intervals into the few points in time worth looking at: a
point can be moved to the latest beginning at or before it without losing any interval, so
only beginnings matter, and of those only the last before each end. `cover` then picks the
fewest sets; exactly when that is feasible, otherwise greedily with redundant picks removed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from snapshot.presence import Interval
from snapshot.timestamp import Timestamp

Element = TypeVar("Element", bound=Hashable)

#: Steps of the exact search; some 50 ms. Real records need a few dozen.
SEARCH_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Stab(Generic[Element]):
    """A point in time and what was present then.

    Attributes:
        at: A stamp at which at least one of the elements was first seen.
        elements: Everything present at that stamp.
    """

    at: Timestamp
    elements: frozenset[Element]


def stabs(intervals: Iterable[tuple[Interval, Element]]) -> list[Stab[Element]]:
    """The points in time at which the present set is maximal, in order.

    Args:
        intervals: When each element was present; an element may have several.

    Returns:
        Points such that any other point's set is a subset of one of theirs.
    """
    events: list[tuple[int, int, int]] = []
    rows = list(intervals)
    for number, (interval, _) in enumerate(rows):
        events.append((interval.first.epoch, 1, number))
        if interval.until is not None:
            events.append((interval.until.epoch, 0, number))
    # At equal times ends come first: an interval does not hold its own end.
    events.sort()
    present: dict[int, Element] = {}
    found: list[Stab[Element]] = []
    latest: int | None = None
    for epoch, begins, number in events:
        if begins:
            present[number] = rows[number][1]
            latest = epoch
            continue
        if latest is not None:
            found.append(Stab(Timestamp(latest), frozenset(present.values())))
            latest = None
        del present[number]
    if latest is not None:
        found.append(Stab(Timestamp(latest), frozenset(present.values())))
    return found


def cover(
    sets: Sequence[frozenset[Element]], *, search_limit: int = SEARCH_LIMIT
) -> tuple[int, ...]:
    """Indices of few sets whose union is the union of all.

    Args:
        sets: In order of preference: of two equally small covers the one that comes from
            earlier sets tends to win.
        search_limit: Steps after which the best cover so far is taken.

    Returns:
        Ascending indices; the minimum when the search ended by itself.
    """
    masks = _as_masks(sets)
    kept = _without_dominated(masks)
    everything = 0
    for mask in masks:
        everything |= mask
    best = _greedy(masks, kept, everything)
    search = _Search(masks, kept, best, search_limit)
    search.run(everything, ())
    return tuple(sorted(search.best))


def _as_masks(sets: Sequence[frozenset[Element]]) -> list[int]:
    """Each set as an integer with one bit per element."""
    bits: dict[Element, int] = {}
    return [
        sum(1 << bits.setdefault(element, len(bits)) for element in elements) for elements in sets
    ]


def _without_dominated(masks: list[int]) -> list[int]:
    """Indices of sets that are no part of another; of equal ones the first."""
    first: dict[int, int] = {}
    for index, mask in enumerate(masks):
        if mask:
            first.setdefault(mask, index)
    order = sorted(first, key=lambda mask: (-mask.bit_count(), first[mask]))
    kept: list[int] = []
    for mask in order:
        if not any(mask | other == other for other in kept):
            kept.append(mask)
    return [first[mask] for mask in kept]


def _greedy(masks: list[int], kept: list[int], everything: int) -> tuple[int, ...]:
    """Always the set that adds most; then drop what the others cover anyway."""
    chosen: list[int] = []
    open_bits = everything
    while open_bits:
        pick = max(kept, key=lambda index: ((masks[index] & open_bits).bit_count(), -index))
        chosen.append(pick)
        open_bits &= ~masks[pick]
    for index in list(chosen):
        rest = 0
        for other in chosen:
            if other != index:
                rest |= masks[other]
        if rest == everything:
            chosen.remove(index)
    return tuple(chosen)


class _Search:
    """Branch and bound over the sets that hold the element with the fewest choices."""

    def __init__(
        self, masks: list[int], kept: list[int], best: tuple[int, ...], limit: int
    ) -> None:
        self.masks = masks
        self.kept = kept
        self.best = best
        self.steps = limit

    def run(self, open_bits: int, chosen: tuple[int, ...]) -> None:
        """Complete `chosen` in every way that could beat the best."""
        if not open_bits:
            self.best = min(self.best, chosen, key=len)
            return
        self.steps -= 1
        sizes = [(self.masks[index] & open_bits).bit_count() for index in self.kept]
        at_least = -(-open_bits.bit_count() // max(sizes))
        if self.steps < 0 or len(chosen) + at_least >= len(self.best):
            return
        for index in self._choices(open_bits):
            self.run(open_bits & ~self.masks[index], (*chosen, index))

    def _choices(self, open_bits: int) -> list[int]:
        """The sets that hold the open element which fewest sets hold, largest first."""
        fewest: list[int] | None = None
        rest = open_bits
        while rest:
            bit = rest & -rest
            rest ^= bit
            holders = [index for index in self.kept if self.masks[index] & bit]
            if fewest is None or len(holders) < len(fewest):
                fewest = holders
            if len(holders) == 1:
                break
        return sorted(
            fewest or [],
            key=lambda index: (-(self.masks[index] & open_bits).bit_count(), index),
        )
