# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges end where something was last seen, intervals where it was first missed."""

from __future__ import annotations

from snapshot.coordinates import Coordinates
from snapshot.presence import Interval
from storage.catalogue import Catalogue
from storage.catalogue.observed_ranges import last_before
from storage.database import Database
from tests.storage.catalogue.archive_maker import MAIN, binary, day, import_run


def ranges(catalogue: Catalogue, name: str) -> list[tuple[int, int]]:
    (location,) = catalogue.binary_files(name, "1.0")
    found = catalogue.observed_ranges(MAIN, location.intervals)
    return [(first.datetime().day, last.datetime().day) for first, last in found]


def test_a_range_ends_at_the_last_run_that_saw_it(catalogue: Catalogue) -> None:
    for number, names in ((1, "a"), (3, "ab"), (7, "b"), (9, "ab")):
        import_run(catalogue, day(number), [binary(name) for name in names])
    assert ranges(catalogue, "a") == [(1, 3), (9, 9)]
    assert ranges(catalogue, "b") == [(3, 9)]


def test_a_later_run_of_the_same_release_saw_it_too(catalogue: Catalogue) -> None:
    for number, release in ((1, "same"), (4, "same"), (6, "other")):
        names = "a" if release == "same" else "b"
        import_run(catalogue, day(number), [binary(names)], release=release)
    assert ranges(catalogue, "a") == [(1, 4)]


def test_an_unknown_stream_saw_nothing(catalogue: Catalogue, catalogue_database: Database) -> None:
    nowhere = Coordinates("debian", "sid", "main", "riscv64")
    assert catalogue.observed_ranges(nowhere, [Interval(day(1), None)]) == ()
    with catalogue_database.read() as connection:
        assert last_before(connection, 1, 5) == 5
