# SPDX-License-Identifier: GPL-3.0-or-later
"""The fewest dated suites that hold a set of files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from snapshot.candidate import Chosen
from snapshot.cover import cover, stabs
from snapshot.need import Need
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp


@dataclass(frozen=True, slots=True)
class CoverStep:
    """One dated suite to take packages from.

    Attributes:
        archive: Archive.
        suite: Suite.
        at: Stamp.
        components: Components that hold something needed.
        architectures: Architectures that hold something needed.
        needs: What is taken from here and was in no earlier step.
        until: Each run of the suite from `at` to before this stamp has all of it; None: each
            later one.
    """

    archive: str
    suite: str
    at: Timestamp
    components: tuple[str, ...]
    architectures: tuple[str, ...]
    needs: tuple[Need, ...]
    until: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class DatedCover:
    """Dated suites that together hold some files.

    Attributes:
        steps: The suites, the most useful first.
        at_least: Fewer cannot do; as many as there are steps: these are the fewest.
    """

    steps: tuple[CoverStep, ...]
    at_least: int


def minimal_cover(chosen: Sequence[Chosen], near: Timestamp | None) -> DatedCover:
    """The fewest (archive, suite, stamp) that together hold every chosen file."""
    rows: dict[tuple[str, str], list[tuple[Interval, int]]] = defaultdict(list)
    for number, (_, candidates) in enumerate(chosen):
        for candidate in candidates:
            row = rows[candidate.coordinates.archive, candidate.coordinates.suite]
            for interval in candidate.offered:
                row.append((interval, number))
    points = [(place, stab) for place, pairs in rows.items() for stab in stabs(pairs)]
    points.sort(
        key=lambda point: (
            -point[1].elements.bit_count(),
            abs(point[1].at.epoch - near.epoch) if near else -point[1].at.epoch,
            point[0],
        )
    )
    found = cover([stab.elements for _, stab in points])
    steps: list[CoverStep] = []
    taken = 0
    for index in found.chosen:
        (archive, suite), stab = points[index]
        new = [
            choice for number, choice in enumerate(chosen) if stab.elements & ~taken & (1 << number)
        ]
        steps.append(_step(archive, suite, stab.at, new))
        taken |= stab.elements
    return DatedCover(tuple(steps), found.at_least)


def _step(archive: str, suite: str, at: Timestamp, chosen: Sequence[Chosen]) -> CoverStep:
    here = [
        (candidate.coordinates, interval.until)
        for _, candidates in chosen
        for candidate in candidates
        if candidate.coordinates.suite == suite and candidate.coordinates.archive == archive
        for interval in candidate.offered
        if at in interval
    ]
    return CoverStep(
        archive=archive,
        suite=suite,
        at=at,
        components=tuple(sorted({coordinates.component for coordinates, _ in here})),
        architectures=tuple(sorted({coordinates.architecture for coordinates, _ in here})),
        needs=tuple(dict.fromkeys(choice.need for choice in chosen)),
        until=min((until for _, until in here if until is not None), default=None),
    )
