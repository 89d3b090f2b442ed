# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic over presence rows: hiding an observation, joining rows that touch.

Importing an index at stamp `r` writes presences before the run is published. All it can do to a
row is to move an end to `r`, where no published observation lies between `r` and the next one,
`n`. So nothing changes at any published stamp, and replacing `r` by `n` gives back exactly the
rows from before. Readers do that to what they show; abandoning a run does it to what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable

from snapshot.presence import Interval
from snapshot.timestamp import Timestamp
from storage.catalogue.observed import Unpublished
from storage.catalogue.tables import OPEN

#: [first, until) in seconds; until is `OPEN` while it has not ended.
Row = tuple[int, int]


def joined(rows: Iterable[Row]) -> list[Row]:
    """Rows in order, with overlapping and touching ones made one."""
    ordered = sorted(rows)
    if len(ordered) < 2:
        return ordered
    found: list[Row] = []
    for first, until in ordered:
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((first, until))
    return found


def hidden(rows: Iterable[Row], observation: Unpublished) -> list[Row]:
    """Rows of one entry in one stream as they are without an unpublished observation.

    Args:
        rows: Its rows.
        observation: The unpublished one of that stream.

    Returns:
        Rows in order; none for an entry that only the unpublished run has.
    """
    moved = (tuple(observation.after if ts == observation.ts else ts for ts in row) for row in rows)
    return joined((first, until) for first, until in moved if first < until)


def as_intervals(rows: Iterable[Row]) -> tuple[Interval, ...]:
    """Rows as values."""
    return tuple(
        Interval(Timestamp(first), None if until == OPEN else Timestamp(until))
        for first, until in rows
    )
