# SPDX-License-Identifier: GPL-3.0-or-later
"""Half-open intervals of presence, and how one observation changes them.

A stream is observed at some stamps. An entry's presence is a list of intervals
`[first, until)` over *those* stamps: `first` is the first stamp at which it was seen,
`until` the first stamp at which it was observed absent, or None while it never was.
Between two observations nothing is known, so a gap is never filled in by guessing.

`plan_changes` inserts one more observation at any place in time. It needs only what was
present at the neighbours, which the catalogue knows; old index bodies are not read.
Whatever the order of the observations, the resulting intervals are the same.
"""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp

Entry = TypeVar("Entry", bound=Hashable)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Presence from `first` (seen) up to, not including, `until` (observed absent).

    Attributes:
        first: First stamp at which it was seen.
        until: First stamp at which it was observed absent; None if it never was.
    """

    first: Timestamp
    until: Timestamp | None

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.first:
            raise InvalidInput(f"an interval cannot end at {self.until}, before {self.first}")

    def __contains__(self, stamp: Timestamp) -> bool:
        # The seconds themselves: comparing two values makes two tuples, hundreds for an answer.
        at, until = stamp.epoch, self.until
        return self.first.epoch <= at and (until is None or at < until.epoch)


@dataclass(frozen=True, slots=True)
class Changes(Generic[Entry]):
    """What one observation at stamp `r`, between neighbours `p` and `n`, does to the rows.

    Attributes:
        opened: New rows `[r, n)`, or `[r, open)` when there is no later observation.
        closed: Rows that cover `p` and end at `n` or are open: they end at `r` instead.
        advanced: Rows that begin at `n`: they begin at `r` instead.
        split: Rows that cover both `p` and `n`: they end at `r`, and a second row with
            their former end begins at `n`.
    """

    opened: frozenset[Entry]
    closed: frozenset[Entry]
    advanced: frozenset[Entry]
    split: frozenset[Entry]

    def __len__(self) -> int:
        return len(self.opened) + len(self.closed) + len(self.advanced) + len(self.split)


def plan_changes(
    now: AbstractSet[Entry],
    before: AbstractSet[Entry] | None,
    after: AbstractSet[Entry] | None,
) -> Changes[Entry]:
    """Which rows one more observation changes.

    Args:
        now: What the new observation holds.
        before: What the last earlier observation held; None if there is none.
        after: What the first later observation held; None if there is none.

    Returns:
        Disjoint sets; all empty when the observation confirms what was known.
    """
    past = before if before is not None else frozenset()
    future = after if after is not None else frozenset()
    came = frozenset(now - past)
    went = frozenset(past - now)
    return Changes(
        opened=came - future,
        advanced=came & future,
        closed=went - future,
        split=went & future,
    )
