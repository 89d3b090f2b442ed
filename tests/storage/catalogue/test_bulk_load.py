# SPDX-License-Identifier: GPL-3.0-or-later
"""Many rows in and many keys looked up, the same on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from snapshot.errors import TransientError
from snapshot.need import Need
from storage.catalogue import Catalogue, bulk_load, lookup_digests
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_one, insert_rows, one_by_one, select_wanted
from storage.catalogue.locate import locate
from storage.catalogue.needed import needed_files
from storage.catalogue.stream_names import StreamNames
from storage.database import Database
from tests.asked_statements import asked_statements
from tests.sqlite_steps import counted_steps
from tests.storage.catalogue.archive_maker import binary, content, day, import_run

ROWS = [
    (1, b"\0" * 32, b"\x01" * 20, None, 1 << 40, 0),
    (2, b"\xff" * 32, None, b"\x02" * 16, 0, 1),
]


def test_every_kind_of_value_comes_back_as_it_went_in(catalogue_database: Database) -> None:
    with catalogue_database.write() as connection:
        assert insert_rows(connection, t.blobs, ROWS) == 2
        assert insert_rows(connection, t.blobs, []) == 0
    with catalogue_database.read() as connection:
        found = connection.execute(select(t.blobs).order_by(t.blobs.c.id)).all()
    assert [tuple(row) for row in found] == ROWS


def test_text_keeps_every_character(catalogue_database: Database) -> None:
    odd = "pool/ü/%s/tab\\t'\"{}\\N"
    with catalogue_database.write() as connection:
        insert_rows(connection, t.files, [(1, odd, 1)])
        assert connection.execute(select(t.files.c.path)).scalar_one() == odd


def test_keys_of_strangers_are_found_as_they_are(catalogue_database: Database) -> None:
    odd = ["", "NULL", '"', "\\", '\\"', "a,b", "{}", "two\nlines", "tab\t", "%s", "ü", "'"]
    with catalogue_database.write() as connection:
        insert_rows(connection, t.files, [(n, path, n) for n, path in enumerate(odd)])
        found = select_wanted(
            connection,
            [(path, number) for number, path in enumerate(odd)],
            "path, number",
            "SELECT wanted.path, f.id FROM wanted CROSS JOIN files f "
            "WHERE f.path = wanted.path AND f.blob_id = wanted.number",
        )
        assert dict(found) == {path: number for number, path in enumerate(odd)}


def test_after_a_lookup_joins_are_planned_as_before(catalogue_database: Database) -> None:
    if catalogue_database.engine.dialect.name == "sqlite":
        return  # it has no such setting
    with catalogue_database.read() as connection:
        list(select_wanted(connection, [("a",)], "name", "SELECT 1 FROM wanted"))
        for setting in ("enable_hashjoin", "enable_mergejoin"):
            assert connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == "on"


def test_several_lookups_tell_the_planner_once_also_after_an_error(
    catalogue_database: Database,
) -> None:
    told = 2 if catalogue_database.engine.dialect.name == "postgresql" else 0
    with (
        pytest.raises(DBAPIError),
        catalogue_database.read() as connection,
        one_by_one(connection),
    ):
        connection.exec_driver_sql("SELECT nothing")
    with (
        asked_statements(catalogue_database) as asked,
        catalogue_database.read() as connection,
        one_by_one(connection),
    ):
        for _ in range(3):
            list(select_wanted(connection, [("a",)], "name", "SELECT 1 FROM wanted"))
    assert sum("enable_hashjoin" in statement for statement in asked) == told


def test_a_connection_lost_in_a_lookup_is_a_transient_error(catalogue_database: Database) -> None:
    if catalogue_database.engine.dialect.name == "sqlite":
        return  # it has no connection to lose
    with (
        pytest.raises(TransientError),
        catalogue_database.read() as connection,
        one_by_one(connection),
    ):
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_second_row_of_one_key_is_an_integrity_error(catalogue_database: Database) -> None:
    def twice() -> None:
        with catalogue_database.write() as connection:
            insert_rows(connection, t.pins, [(b"x" * 32, "job", 1)] * 2)

    with pytest.raises(IntegrityError):
        twice()


def test_keys_beyond_one_statement_are_all_found(
    catalogue_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_load, "KEYS_AT_ONCE", 3)
    with catalogue_database.write() as connection:
        insert_rows(connection, t.files, [(number, f"path{number}", 1) for number in range(10)])
        found = select_wanted(
            connection,
            [(f"path{number}", 1) for number in range(5, 15)],
            "path, blob_id",
            "SELECT f.id FROM wanted CROSS JOIN files f "
            "WHERE f.path = wanted.path AND f.blob_id = wanted.blob_id",
        )
        assert sorted(found) == [(5,), (6,), (7,), (8,), (9,)]


@pytest.mark.parametrize(("at_once", "values"), [(1, 99), (16, 99), (64, 12)])
def test_rows_beyond_one_statement_are_all_inserted(
    catalogue_database: Database, monkeypatch: pytest.MonkeyPatch, at_once: int, values: int
) -> None:
    monkeypatch.setattr(bulk_load, "ROWS_AT_ONCE", at_once)
    monkeypatch.setattr(bulk_load, "VALUES_AT_ONCE", values)
    rows = [(number, f"path{number}", number % 3) for number in range(23)]
    with catalogue_database.write() as connection:
        assert insert_rows(connection, t.files, rows) == 23
        found = connection.execute(select(t.files).order_by(t.files.c.id)).all()
    assert [tuple(row) for row in found] == rows


def test_no_keys_ask_nothing(catalogue_database: Database) -> None:
    with catalogue_database.read() as connection:
        assert list(select_wanted(connection, [], "name", "SELECT 1 FROM wanted")) == []


def test_a_row_gets_its_id_from_the_database(catalogue_database: Database) -> None:
    with catalogue_database.write() as connection:
        ids = [insert_one(connection, t.archives, name=name) for name in ("a", "b")]
        assert connection.execute(select(func.count()).select_from(t.archives)).scalar() == 2
    assert ids[0] != ids[1]


def test_the_planner_is_told_of_a_table_that_has_grown_and_not_again(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    """And so of what was staged, before anybody can ask for it."""
    files = [(number, f"pool/main/p/package/{number}.deb", number) for number in range(-5000, 0)]
    if catalogue_database.engine.dialect.name == "sqlite":
        bulk_load.take_statistics(catalogue_database)
        assert (
            catalogue_database.ask("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'") == []
        )
        return
    told = "SELECT reltuples FROM pg_class WHERE relname = 'files' AND pg_table_is_visible(oid)"
    with catalogue_database.write() as connection:
        connection.execute(text("TRUNCATE files"))
        insert_rows(connection, t.files, files)
    import_run(catalogue, day(1), [binary("a")])
    assert catalogue_database.ask(told) == [(5001,)]
    import_run(catalogue, day(2), [binary("a"), binary("b")])
    assert catalogue_database.ask(told) == [(5001,)]


def steps_of_lookups(place: Path, entries: int) -> int:
    """How many hundreds of SQLite's steps it takes to look up all packages of an archive."""
    database = Database.open(f"sqlite:///{place}/{entries}.sqlite", "catalogue")
    database.upgrade()
    names = [f"p{number}" for number in range(entries)]
    import_run(Catalogue(database), day(1), [binary(name) for name in names])
    digests = [content(f"{name}_1.0_amd64") for name in names]
    with database.read() as connection, counted_steps(connection) as steps:
        assert len(lookup_digests.stanzas(connection, digests)) == entries
        assert len(lookup_digests.indexed(connection, digests)) == entries
        needs = [Need(name, "1.0") for name in names]
        assert len(locate(connection, needs, StreamNames())) == entries
        assert len(needed_files(connection, digests, {})) == entries
    database.close()
    return steps[0]


def test_each_of_many_keys_costs_the_same(tmp_path: Path) -> None:
    """SQLite looked through whole tables for 256 keys and more."""
    few, many = (steps_of_lookups(tmp_path, entries) for entries in (100, 800))
    assert 0 < many < 12 * few
