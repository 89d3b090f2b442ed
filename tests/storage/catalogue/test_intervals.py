# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic over rows: each of the four changes is taken back exactly."""

from __future__ import annotations

import pytest

from snapshot.presence import Interval
from snapshot.timestamp import Timestamp
from storage.catalogue.intervals import as_intervals, hidden, joined
from storage.catalogue.observed import Unpublished
from storage.catalogue.tables import OPEN

R, N = 20, 30


@pytest.mark.parametrize(
    ("stored", "before"),
    [
        ([(R, N)], []),  # opened between two observations
        ([(10, R)], [(10, N)]),  # closed earlier
        ([(R, OPEN)], [(N, OPEN)]),  # began earlier
        ([(10, R), (N, OPEN)], [(10, OPEN)]),  # split
        ([(1, 5), (R, 40)], [(1, 5), (N, 40)]),
        ([(10, OPEN)], [(10, OPEN)]),  # untouched
    ],
)
def test_hiding_a_backfilled_observation_gives_back_what_was_there(
    stored: list[tuple[int, int]], before: list[tuple[int, int]]
) -> None:
    assert hidden(stored, Unpublished(R, N)) == before


@pytest.mark.parametrize(
    ("stored", "before"),
    [
        ([(R, OPEN)], []),
        ([(10, R)], [(10, OPEN)]),
        ([(1, 5), (10, R)], [(1, 5), (10, OPEN)]),
        ([(1, 5), (R, OPEN)], [(1, 5)]),
    ],
)
def test_hiding_the_newest_observation_gives_back_what_was_there(
    stored: list[tuple[int, int]], before: list[tuple[int, int]]
) -> None:
    assert hidden(stored, Unpublished(R, OPEN)) == before


def test_rows_of_two_entries_of_one_file_are_one_presence() -> None:
    assert joined([(5, 9), (1, 5), (12, 20), (8, 10)]) == [(1, 10), (12, 20)]


def test_an_open_row_is_an_interval_without_an_end() -> None:
    assert as_intervals([(1, 5), (9, OPEN)]) == (
        Interval(Timestamp(1), Timestamp(5)),
        Interval(Timestamp(9), None),
    )
