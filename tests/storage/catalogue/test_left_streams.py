# SPDX-License-Identifier: GPL-3.0-or-later
"""Not looked at any more is not the same as still there."""

from __future__ import annotations

from sqlalchemy import select

from snapshot.coordinates import Coordinates
from snapshot.need import Need
from snapshot.resolver import resolve
from storage.catalogue import Catalogue
from storage.catalogue import tables as t
from storage.catalogue.left_streams import left_streams
from storage.database import Database
from tests.storage.catalogue.archive_maker import MAIN, binary, day, import_run

CONTRIB = Coordinates("debian", "sid", "contrib", "amd64")


def test_a_dated_suite_is_no_place_for_what_it_no_longer_looked_at(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), {MAIN: [binary("old")], CONTRIB: [binary("c")]})
    import_run(catalogue, day(2), {MAIN: [binary("new")]})
    import_run(catalogue, day(3), {MAIN: [binary("new")]})
    needs = [Need("c", "1.0"), Need("new", "1.0")]
    answer = resolve(needs, catalogue.locate(needs), near=day(3), build_architecture="amd64")
    assert {(step.at, step.components) for step in answer.cover} == {
        (day(1), ("contrib",)),
        (day(2), ("main",)),
    }
    assert answer.at_least == 2
    (candidate,) = catalogue.locate([Need("c", "1.0")])
    assert candidate.left == day(2)
    assert candidate.intervals[0].until is None, "nobody saw it go"


def test_a_stream_is_left_from_the_first_run_of_its_suite_that_has_another_release(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    other = Coordinates("debian", "trixie", "main", "amd64")
    for number, streams, release in (
        (1, [MAIN, CONTRIB], "same"),
        (2, [MAIN, CONTRIB], "same"),  # writes no observation: that of day 1 stands for it
        (3, [other], "else"),  # another suite says nothing about this one
        (4, [MAIN], "next"),
        (5, [MAIN], "last"),
    ):
        import_run(catalogue, day(number), {one: [binary("a")] for one in streams}, release=release)
    s = t.streams.c
    with catalogue_database.read() as connection:
        rows = connection.execute(select(s.id, s.suite, s.component)).all()
        ids = {(suite, component): stream for stream, suite, component in rows}
        found = left_streams(connection, ids.values())
    assert found == {ids["sid", "contrib"]: day(4)}
