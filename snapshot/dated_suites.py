# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dated suites hold a set of files: all of them, and the fewest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from snapshot.candidate import Chosen
from snapshot.coordinates import Coordinates
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
class Location:
    """One stream and the stamps at which it holds something needed.

    Attributes:
        coordinates: The stream.
        timestamps: Points in time at which what is needed from it changes.
        needs: How many needs it can answer at some time.
    """

    coordinates: Coordinates
    timestamps: tuple[Timestamp, ...]
    needs: int


def minimal_cover(chosen: Sequence[Chosen], near: Timestamp | None) -> tuple[CoverStep, ...]:
    """The fewest (archive, suite, stamp) that together hold every chosen file."""
    rows: dict[tuple[str, str], list[tuple[Interval, Need]]] = defaultdict(list)
    for choice in chosen:
        for candidate in choice.candidates:
            place = (candidate.coordinates.archive, candidate.coordinates.suite)
            rows[place].extend((interval, choice.need) for interval in candidate.intervals)
    points = [(place, stab) for place, pairs in rows.items() for stab in stabs(pairs)]
    points.sort(
        key=lambda point: (
            -len(point[1].elements),
            abs(point[1].at.epoch - near.epoch) if near else -point[1].at.epoch,
            point[0],
        )
    )
    steps: list[CoverStep] = []
    taken: set[Need] = set()
    for index in cover([stab.elements for _, stab in points]):
        (archive, suite), stab = points[index]
        steps.append(_step(archive, suite, stab.at, chosen, taken))
        taken |= stab.elements
    return tuple(steps)


def _step(
    archive: str, suite: str, at: Timestamp, chosen: Sequence[Chosen], taken: set[Need]
) -> CoverStep:
    here = [
        (choice.need, candidate.coordinates, interval.until)
        for choice in chosen
        if choice.need not in taken
        for candidate in choice.candidates
        if (candidate.coordinates.archive, candidate.coordinates.suite) == (archive, suite)
        for interval in candidate.intervals
        if at in interval
    ]
    return CoverStep(
        archive=archive,
        suite=suite,
        at=at,
        components=tuple(sorted({coordinates.component for _, coordinates, _ in here})),
        architectures=tuple(sorted({coordinates.architecture for _, coordinates, _ in here})),
        needs=tuple(dict.fromkeys(need for need, _, _ in here)),
        until=min((until for _, _, until in here if until is not None), default=None),
    )


def all_locations(chosen: Sequence[Chosen]) -> tuple[Location, ...]:
    """Every stream that holds a chosen file, most useful first."""
    rows: dict[Coordinates, list[tuple[Interval, Need]]] = defaultdict(list)
    for choice in chosen:
        for candidate in choice.candidates:
            rows[candidate.coordinates].extend((i, choice.need) for i in candidate.intervals)
    found = [
        Location(
            coordinates,
            tuple(stab.at for stab in stabs(pairs)),
            len({need for _, need in pairs}),
        )
        for coordinates, pairs in rows.items()
    ]
    return tuple(sorted(found, key=lambda location: (-location.needs, location.coordinates)))
