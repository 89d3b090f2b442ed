# SPDX-License-Identifier: GPL-3.0-or-later
"""Driver errors in the words of the house; the faults are real ones of SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from snapshot.errors import (
    ConfigurationError,
    DejabuildError,
    PermanentError,
    StorageFull,
    TransientError,
)
from storage.database_errors import translated


def raise_translated(cause: Exception, error: type[DBAPIError] = OperationalError) -> None:
    with translated("here"):
        raise error("SELECT 1", {}, cause)


def sqlite_error(path: Path, *statements: str) -> sqlite3.Error:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement)
    except sqlite3.Error as error:
        return error
    finally:
        connection.close()
    raise AssertionError("nothing failed")


def test_a_full_disk_is_storage_full(tmp_path: Path) -> None:
    error = sqlite_error(
        tmp_path / "full",
        "PRAGMA max_page_count=2",
        "CREATE TABLE t (x)",
        "INSERT INTO t VALUES (randomblob(100000))",
    )
    with pytest.raises(StorageFull, match="here: no room left"):
        raise_translated(error)


def test_a_lock_held_for_too_long_is_transient(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "locked", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    error = sqlite_error(tmp_path / "locked", "BEGIN IMMEDIATE")
    holder.close()
    with pytest.raises(TransientError, match="another program"):
        raise_translated(error)


def test_a_file_that_is_no_database_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to look at" * 50)
    with pytest.raises(ConfigurationError, match="not a database"):
        raise_translated(sqlite_error(tmp_path / "text", "SELECT * FROM sqlite_master"))


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (psycopg.errors.DiskFull("no space"), StorageFull),
        (psycopg.errors.DeadlockDetected("deadlock"), TransientError),
        (psycopg.OperationalError("server closed the connection"), TransientError),
    ],
)
def test_postgresql_says_the_same(cause: Exception, expected: type[DejabuildError]) -> None:
    with pytest.raises(expected):
        raise_translated(cause)


def test_errors_that_went_past_sqlalchemy_are_translated_too() -> None:
    with pytest.raises(StorageFull), translated("here"):
        raise psycopg.errors.DiskFull("no space")


def test_a_second_row_of_one_key_is_left_to_the_writer() -> None:
    with pytest.raises(IntegrityError):
        raise_translated(sqlite3.IntegrityError("UNIQUE constraint failed"), IntegrityError)


def sqlite_says(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_CANTOPEN])
def test_files_beside_the_database_that_find_no_room_are_a_full_disk(code: int) -> None:
    with (
        pytest.raises(StorageFull, match="no room left"),
        translated("sqlite:////proc/catalogue.sqlite"),  # a file system that is always full
    ):
        raise sqlite_says(code)


def test_an_input_error_with_room_left_is_no_full_disk(tmp_path: Path) -> None:
    with (
        pytest.raises(PermanentError, match="disk I/O error") as raised,
        translated(f"sqlite:///{tmp_path}/catalogue.sqlite"),
    ):
        raise sqlite_says(sqlite3.SQLITE_IOERR_READ)
    assert not isinstance(raised.value, StorageFull)
