# SPDX-License-Identifier: GPL-3.0-or-later
"""The union of presences: overlapping and touching intervals become one."""

from __future__ import annotations

from collections.abc import Iterable

from snapshot.presence import Interval
from snapshot.timestamp import Timestamp


def join_intervals(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same points in time in as few intervals as possible, in order."""
    joined: list[Interval] = []
    for interval in sorted(intervals, key=lambda one: one.first):
        if joined and _reaches(joined[-1], interval.first):
            joined[-1] = Interval(joined[-1].first, _later(joined[-1].until, interval.until))
        else:
            joined.append(interval)
    return tuple(joined)


def _reaches(interval: Interval, stamp: Timestamp) -> bool:
    return interval.until is None or stamp <= interval.until


def _later(a: Timestamp | None, b: Timestamp | None) -> Timestamp | None:
    return None if a is None or b is None else max(a, b)
