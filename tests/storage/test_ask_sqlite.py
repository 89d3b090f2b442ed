# SPDX-License-Identifier: GPL-3.0-or-later
"""One SELECT at a time over kept connections (what `Database.ask` promises: test_database.py)."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from snapshot.errors import ConfigurationError
from storage.database import Database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.sqlite"


def database(file: Path) -> Database:
    made = Database.open(f"sqlite:///{file}", "catalogue")
    made.upgrade()
    return made


def test_what_another_program_wrote_is_seen_at_once_and_nothing_is_held(file: Path) -> None:
    asked, other = database(file), sqlite3.connect(file, timeout=0, isolation_level=None)
    statement = "SELECT count(*) FROM removals WHERE id > :above"
    for number in range(3):
        assert asked.ask(statement, above=0) == [(number,)]
        # Waits for nobody: no transaction was left open.
        other.execute(f"INSERT INTO removals VALUES ({number + 1}, 0, 'because', false)")
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    other.close()
    asked.close()


def test_many_ask_at_once_and_each_is_given_its_own_answer(file: Path) -> None:
    asked = database(file)
    wrong: list[object] = []

    def ask(number: int) -> None:
        for turn in range(100):
            rows = asked.ask("SELECT :one, :two", one=number, two=turn)
            if rows != [(number, turn)]:
                wrong.append(rows)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    asked.close()
    assert asked.ask("SELECT 1") == [(1,)], "it can be used again, as the pool can"
    asked.close()


def test_a_new_connection_to_a_removed_file_makes_no_empty_one(file: Path) -> None:
    asked = database(file)
    asked.close()
    file.unlink()
    with pytest.raises(ConfigurationError, match="removed or replaced"):
        asked.ask("SELECT count(*) FROM runs")
    assert not file.exists()
