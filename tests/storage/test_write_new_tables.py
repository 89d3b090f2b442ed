# SPDX-License-Identifier: GPL-3.0-or-later
"""The short way to a new SQLite file leads where all the migrations lead."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from storage.database import MIGRATIONS, Database, Kind
from storage.write_new_tables import new_tables, statements_of

KINDS = pytest.mark.parametrize("kind", ["catalogue", "ledger"])


def made(file: Path, kind: Kind, text: str | None = None) -> list[str]:
    """What an upgrade made of a file, by another text if one is given."""
    with closing(Database.open(f"sqlite:///{file}", kind)) as database:
        if text is not None:
            new = file.with_name(f"{kind}.sql")
            new.write_text(text, encoding="utf-8")
            database = Database(database.engine, kind, {}, new=new)  # noqa: PLW2901
        database.upgrade()
    return list(statements_of(file))


@KINDS
def test_the_text_is_what_the_migrations_make(kind: Kind) -> None:
    written = (MIGRATIONS / f"{kind}.sql").read_text(encoding="utf-8")
    assert written == new_tables(kind), "run: make reference"


@KINDS
def test_a_new_file_has_the_tables_of_the_text(tmp_path: Path, kind: Kind) -> None:
    written = (MIGRATIONS / f"{kind}.sql").read_text(encoding="utf-8")
    assert "".join(f"{one};\n" for one in made(tmp_path / "new.sqlite", kind)) == written


@KINDS
def test_what_the_text_lacks_comes_from_the_migrations(tmp_path: Path, kind: Kind) -> None:
    whole = made(tmp_path / "whole.sqlite", kind)
    assert made(tmp_path / "new.sqlite", kind, "") == whole


def test_a_file_that_is_somebody_elses_is_left_to_the_migrations(tmp_path: Path) -> None:
    whole = made(tmp_path / "whole.sqlite", "ledger")
    file = tmp_path / "other.sqlite"
    with closing(Database.open(f"sqlite:///{file}", "ledger")) as database:
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE theirs (n INTEGER)")
        database.upgrade()
    assert set(statements_of(file)) == {*whole, "CREATE TABLE theirs (n INTEGER)"}


def test_a_text_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite"
    with pytest.raises(DBAPIError, match="nonsense"):
        made(file, "ledger", "CREATE TABLE one (n);\nCREATE nonsense;\n")
    assert list(statements_of(file)) == []
    assert made(file, "ledger")
