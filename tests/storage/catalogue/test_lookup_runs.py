# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs, stamps and Releases."""

from __future__ import annotations

from dataclasses import replace

from snapshot.dated_suites import CoverStep
from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue, tables
from storage.catalogue.bulk_load import insert_rows, take_statistics
from storage.catalogue.lookup_runs import _RUN_AT
from storage.catalogue.observed import PUBLISHED
from storage.database import Database
from tests.query_plan import query_plan
from tests.storage.catalogue.archive_maker import (
    begin,
    binary,
    content,
    day,
    import_run,
    release_of,
)


def test_a_moment_is_answered_by_the_last_run_before_it(catalogue: Catalogue) -> None:
    for number in (2, 4):
        import_run(catalogue, day(number), [binary("a")])
    assert catalogue.run_at("debian", day(1)) is None
    for asked, answer in ((2, 2), (3, 2), (4, 4), (9, 4)):
        run = catalogue.run_at("debian", day(asked))
        assert run
        assert run.timestamp == day(answer)


def test_an_alias_names_its_run_exactly(catalogue: Catalogue) -> None:
    alias = Timestamp(day(2).epoch + 3600)
    draft = catalogue.begin_run(
        "debian", day(2), trust="release", origin="http://127.0.0.1/", aliases=[alias]
    )
    catalogue.stage_release(draft, release_of(draft))
    catalogue.publish(draft)
    import_run(catalogue, Timestamp(day(2).epoch + 1800), [binary("a")])
    run = catalogue.run_at("debian", alias)
    assert run
    assert run.timestamp == day(2)
    assert run.aliases == (alias,)
    assert catalogue.runs("debian")[0] == run


def test_runs_between_two_stamps_both_included(catalogue: Catalogue) -> None:
    for number in (1, 2, 3, 4):
        import_run(catalogue, day(number), [binary("a")])
    found = catalogue.runs("debian", after=day(2), before=day(3))
    assert [run.timestamp for run in found] == [day(2), day(3)]
    assert catalogue.run_stamps("debian") == tuple(map(day, (1, 2, 3, 4)))


def test_a_step_moves_to_the_first_kept_run_that_has_all_of_it(catalogue: Catalogue) -> None:
    for number in (1, 2, 3, 4):
        import_run(catalogue, day(number), [binary("a")])
    step = CoverStep("debian", "sid", day(1), ("main",), ("amd64",), (), until=day(3))
    assert catalogue.kept_steps([step]) == (step,)
    catalogue.remove_runs("debian", [day(1)], now=day(9))
    other = replace(step, suite="trixie")
    assert catalogue.kept_steps([step, other]) == (replace(step, at=day(2)), other)
    catalogue.remove_runs("debian", [day(2)], now=day(9))
    assert catalogue.kept_steps([step]) == (step,)
    assert [one.at for one in catalogue.kept_steps([replace(step, until=None)])] == [day(3)]


def test_an_unknown_archive_has_nothing(catalogue: Catalogue) -> None:
    assert catalogue.runs("nowhere") == ()
    assert catalogue.run_at("nowhere", day(1)) is None
    assert catalogue.releases_at("nowhere", day(1)) == ()


def test_archives_tell_their_first_and_last_run(catalogue: Catalogue) -> None:
    for number in (1, 5):
        import_run(catalogue, day(number), [binary("a")])
    (archive,) = catalogue.archives()
    assert (archive.name, archive.first, archive.last, archive.runs) == (
        "debian",
        day(1),
        day(5),
        2,
    )


def test_a_release_is_told_as_it_was_verified(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(
        draft, release_of(draft, name="x", valid_until=day(8), fingerprint="ABCD")
    )
    catalogue.publish(draft)
    (found,) = catalogue.releases_at("debian", day(1))
    assert found.inrelease == content("Release", "sid", "x")
    assert (found.date, found.valid_until, found.fingerprint) == (day(1), day(8), "ABCD")
    assert found.observed_until == day(1)
    assert catalogue.release_at("debian", day(1), "bookworm") is None


def test_an_archive_is_known_by_its_newest_kept_run(catalogue: Catalogue) -> None:
    assert catalogue.newest_run("debian") is None
    for number in (1, 2, 3):
        import_run(catalogue, day(number), [binary("a")])
    begin(catalogue, day(4))
    catalogue.remove_runs("debian", [day(2)], now=day(9))
    assert catalogue.newest_run("debian") == day(3), "a draft is not one yet"
    assert catalogue.newest_run("other") is None


def test_an_alias_is_found_by_an_index(catalogue_database: Database) -> None:
    with catalogue_database.write() as connection:
        insert_rows(connection, tables.archives, [(1, "debian")])
        runs = [(n, 1, n, PUBLISHED, "release", "x", None, None) for n in range(1, 5001)]
        insert_rows(connection, tables.runs, runs)
        insert_rows(connection, tables.run_aliases, [(run[0], run[0] + 9000) for run in runs])
    take_statistics(catalogue_database)
    plan = query_plan(catalogue_database, _RUN_AT, archive="debian", at=1)
    assert "run_aliases_by_stamp" in plan


def test_of_two_runs_with_one_alias_the_older_one_answers(catalogue: Catalogue) -> None:
    alias = Timestamp(day(3).epoch + 3600)
    for number in (1, 2):
        draft = catalogue.begin_run(
            "debian", day(number), trust="release", origin="http://127.0.0.1/", aliases=[alias]
        )
        catalogue.stage_release(draft, release_of(draft))
        catalogue.publish(draft)
    run = catalogue.run_at("debian", alias)
    assert run
    assert (run.timestamp, run.aliases) == (day(1), (alias,))
