# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes down the tables of a new SQLite file, as all the migrations leave them.

`Database.upgrade` makes a new file by that text, since Alembic takes a quarter of a second, most
of it to be imported. `make reference` runs this; a test holds the text against the migrations.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from storage.database import MIGRATIONS, STATEMENT_END, Database, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator


def statements_of(file: Path) -> Iterator[str]:
    """What makes a file like this one.

    Args:
        file: An SQLite file that nobody has open.

    Yields:
        Statements without their semicolon, tables before what is in them.
    """
    with closing(sqlite3.connect(file)) as connection:
        for statement in connection.iterdump():
            if statement not in {"BEGIN TRANSACTION;", "COMMIT;"}:
                yield statement.removesuffix(";")


def new_tables(kind: Kind) -> str:
    """The text, made by running every migration.

    Args:
        kind: Which tables.
    """
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "new.sqlite"
        with closing(Database.open(f"sqlite:///{file}", kind)) as database:
            database.migrate()
        return "".join(f"{one}{STATEMENT_END}" for one in statements_of(file))


if __name__ == "__main__":
    for each in get_args(Kind):
        (MIGRATIONS / f"{each}.sql").write_text(new_tables(each), encoding="utf-8")
