# SPDX-License-Identifier: GPL-3.0-or-later
"""Transactions, migrations and their errors, on both databases."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from snapshot.errors import ConfigurationError, TransientError
from storage.database import Database


@pytest.fixture(name="counter")
def _counter(catalogue_database: Database) -> Database:
    with catalogue_database.write() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    return catalogue_database


def _fail_in_the_middle(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE counter SET n = 9"))
        raise ZeroDivisionError


def _value(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT n FROM counter")).scalar_one())


def test_a_write_is_kept_and_an_exception_takes_it_back(counter: Database) -> None:
    with counter.write() as connection:
        connection.execute(text("UPDATE counter SET n = 5"))
    with pytest.raises(ZeroDivisionError):
        _fail_in_the_middle(counter)
    assert _value(counter) == 5


def test_a_read_keeps_nothing(counter: Database) -> None:
    before = _value(counter)
    with counter.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    assert _value(counter) == before


def test_many_writers_wait_for_each_other_and_none_fails(counter: Database) -> None:
    errors: list[BaseException] = []

    def add_ten() -> None:
        try:
            for _ in range(10):
                with counter.write() as connection:
                    lock = " FOR UPDATE" if counter.dialect == "postgresql" else ""
                    n = connection.execute(text(f"SELECT n FROM counter{lock}")).scalar_one()
                    connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)

    threads = [threading.Thread(target=add_ten) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert _value(counter) == 80


def test_migrating_twice_changes_nothing(catalogue_database: Database) -> None:
    catalogue_database.upgrade()
    catalogue_database.upgrade()


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Database.open(url, "catalogue")


def test_an_unreachable_database_says_what_to_check(tmp_path: Path) -> None:
    missing = Database.open(f"sqlite:///{tmp_path}/no/such/folder/x.sqlite", "catalogue")
    with pytest.raises(TransientError, match="catalogue database cannot be opened"):
        missing.upgrade()
    away = Database.open(f"postgresql://nobody@/none?host={tmp_path}", "ledger")
    with pytest.raises(TransientError, match="ledger database cannot be opened"):
        away.upgrade()
