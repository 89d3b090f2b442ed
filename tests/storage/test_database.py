# SPDX-License-Identifier: GPL-3.0-or-later
"""Transactions and migrations, the same on both databases."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from snapshot.errors import ConfigurationError, TransientError
from storage import database as storage_database
from storage.database import Database, Kind
from tests.databases import DatabaseUrls


@pytest.fixture
def catalogue_database(database_urls: DatabaseUrls) -> Iterator[Database]:
    """One of its own: tests here make tables."""
    database = Database.open(database_urls.catalogue, "catalogue")
    yield database
    database.close()


@pytest.mark.parametrize("kind", ["catalogue", "ledger"])
def test_upgrade_from_nothing_then_again_changes_nothing(
    empty_database_urls: DatabaseUrls, kind: Kind
) -> None:
    database = Database.open(empty_database_urls.of(kind), kind)
    seen = []
    for _ in range(2):
        database.upgrade()
        with database.read() as connection:
            seen.append(connection.execute(text(f"SELECT * FROM {kind}_version")).all())
    assert seen[0] == seen[1]
    database.close()


@pytest.mark.programs
def test_two_programs_that_start_at_once_both_find_the_tables(
    empty_database_urls: DatabaseUrls,
) -> None:
    program = (
        "import sys; from storage.database import Database; "
        "Database.open(sys.argv[1], 'catalogue').upgrade()"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, empty_database_urls.catalogue])
        for _ in range(2)
    ]
    assert [process.wait(60) for process in started] == [0, 0]
    database = Database.open(empty_database_urls.catalogue, "catalogue")
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM catalogue_version")).scalar() == 1
    database.close()


def test_an_exception_undoes_the_whole_transaction(catalogue_database: Database) -> None:
    def fail() -> None:
        with catalogue_database.write() as connection:
            connection.execute(text("CREATE TABLE doomed (id INTEGER)"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with catalogue_database.write() as connection:
        connection.execute(text("CREATE TABLE doomed (id INTEGER)"))


def test_a_reader_sees_one_state_while_others_write(catalogue_database: Database) -> None:
    with catalogue_database.write() as connection:
        connection.execute(text("CREATE TABLE numbers (n INTEGER)"))
    count = text("SELECT count(*) FROM numbers")
    with catalogue_database.read() as reading:
        assert reading.execute(count).scalar() == 0
        with catalogue_database.write() as writing:
            writing.execute(text("INSERT INTO numbers VALUES (1)"))
        assert reading.execute(count).scalar() == 0
    with catalogue_database.read() as reading:
        assert reading.execute(count).scalar() == 1


def test_writers_wait_for_each_other_instead_of_failing(catalogue_database: Database) -> None:
    with catalogue_database.write() as connection:
        connection.execute(text("CREATE TABLE counters (n INTEGER)"))
        connection.execute(text("INSERT INTO counters VALUES (0)"))
    add = text("UPDATE counters SET n = n + 1")

    def work() -> None:
        for _ in range(10):
            with catalogue_database.write() as connection:
                connection.execute(text("SELECT n FROM counters")).scalar_one()
                connection.execute(add)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with catalogue_database.read() as connection:
        assert connection.execute(text("SELECT n FROM counters")).scalar_one() == 80


@pytest.mark.parametrize("url", ["", "mysql://here/there", "sqlite://", "catalogue.sqlite"])
def test_an_address_of_no_known_database_is_refused_with_the_two_shapes(url: str) -> None:
    with pytest.raises(ConfigurationError, match="sqlite:////path"):
        Database.open(url, "catalogue")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/no/such/catalogue.sqlite", "catalogue")
    with pytest.raises(ConfigurationError, match="no/such"):
        database.upgrade()
    database.close()


def test_a_server_that_does_not_answer_is_transient_and_the_password_stays_secret() -> None:
    database = Database.open("postgresql://someone:secret@127.0.0.1:1/nothing", "ledger")
    with pytest.raises(TransientError, match=r"127\.0\.0\.1") as caught:
        database.upgrade()
    assert "secret" not in str(caught.value)
    database.close()


@pytest.mark.parametrize("kind", ["catalogue", "ledger"])
def test_migrations_of_a_kind_are_one_chain(kind: Kind) -> None:
    folder = Path(storage_database.__file__).parent / "migrations" / kind
    for number, script in enumerate(sorted(folder.glob("0*.py")), start=1):
        written = script.read_text(encoding="utf-8")
        before = "None" if number == 1 else f'"{kind}_{number - 1:04}"'
        assert f'\nrevision = "{kind}_{number:04}"\ndown_revision = {before}\n' in written


@pytest.mark.programs
@pytest.mark.parametrize("kind", ["catalogue", "ledger"])
def test_tables_that_are_current_are_recognized_without_alembic(
    empty_database_urls: DatabaseUrls, kind: Kind
) -> None:
    program = (
        "import sys; from storage.database import Database; "
        f"Database.open(sys.argv[1], {kind!r}).upgrade(); sys.exit('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, empty_database_urls.of(kind)]
    # Those of a new SQLite file are made without it, too.
    first = int(empty_database_urls.backend == "postgresql")
    assert [subprocess.run(command, check=False).returncode for _ in range(2)] == [first, 0]


def test_what_is_asked_past_sqlalchemy_sees_what_was_written(catalogue_database: Database) -> None:
    statement = "SELECT digest, removal_id FROM removal_files WHERE digest = :digest"
    raw = b"\0%:x" + bytes(28)
    assert catalogue_database.ask(statement, digest=raw) == []
    with catalogue_database.write() as connection:
        connection.execute(text("INSERT INTO removals VALUES (7, 0, 'because', false)"))
        row = {"digest": raw}
        connection.execute(text("INSERT INTO removal_files VALUES (:digest, 7)"), row)
    assert catalogue_database.ask(statement, digest=raw) == [(raw, 7)]


def test_a_question_that_fails_spoils_no_later_one(catalogue_database: Database) -> None:
    for _ in range(30):  # more than there are connections
        with pytest.raises((sqlite3.Error, psycopg.Error)):
            catalogue_database.ask("SELECT 1 FROM nothing_of_that_name")
    assert catalogue_database.ask("SELECT 1") == [(1,)]


def test_a_file_that_was_removed_is_asked_no_more_and_no_new_one_is_made(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.sqlite"
    database = Database.open(f"sqlite:///{file}", "catalogue")
    database.upgrade()
    assert database.ask("SELECT count(*) FROM runs") == [(0,)]
    file.rename(tmp_path / "away")
    for _ in range(3):
        with pytest.raises(ConfigurationError, match="removed or replaced"):
            database.ask("SELECT count(*) FROM runs")
        with pytest.raises(ConfigurationError, match="removed or replaced"), database.read():
            pass
    assert not file.exists()
    (tmp_path / "away").rename(file)
    assert database.ask("SELECT count(*) FROM runs") == [(0,)]
    database.close()
