# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database is asked, as its driver hears it: many questions go past SQLAlchemy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
from sqlalchemy import event

from storage.database import Database

#: Of a transaction or a look whether the server is there, and of no question.
_FRAME = ("BEGIN", "COMMIT", "ROLLBACK", ";")


@contextmanager
def asked_statements(database: Database) -> Iterator[list[str]]:
    """A list that each statement is added to; on SQLite with its values.

    Args:
        database: Nobody else asks it meanwhile.
    """
    asked: list[str] = []

    def note(statement: str) -> None:
        if not statement.startswith(_FRAME):
            asked.append(statement)

    with ExitStack() as stack:
        if database.engine.dialect.name == "sqlite":
            watched: list[sqlite3.Connection] = []

            def watch(driver: sqlite3.Connection, *_of_pool: object) -> None:
                driver.set_trace_callback(note)
                watched.append(driver)

            database.close()  # connections that are kept for questions are taken again
            event.listen(database.engine, "checkout", watch)
            stack.callback(_leave, watched)
            stack.callback(event.remove, database.engine, "checkout", watch)
        else:
            real = psycopg.Cursor.execute

            def execute(cursor: Any, query: Any, *of: Any, **more: Any) -> Any:
                note(str(query))
                return real(cursor, query, *of, **more)

            stack.enter_context(patch.object(psycopg.Cursor, "execute", execute))
        yield asked


def _leave(watched: list[sqlite3.Connection]) -> None:
    for driver in watched:
        driver.set_trace_callback(None)
