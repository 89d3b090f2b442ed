# SPDX-License-Identifier: GPL-3.0-or-later
"""One SELECT to SQLite, for what nearly every request asks.

A connection is taken from SQLAlchemy's pool once, not for each question: to check one out and in
again calls forty functions, which takes longer than the answer. Between questions no transaction
is open, so nothing is held; there are as many such connections as ever asked at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from storage.database_errors import translated

#: Bytes of pages that each keeps in memory: the upper ones of the indices.
_CACHE: Final = 8 << 20


class SQLiteAsker:
    """Asks one database.

    Args:
        engine: Of SQLite.
        check: Refuses a connection, by what is noted of it, whose file is no longer the database.
    """

    def __init__(self, engine: Engine, check: Callable[[Mapping[Any, Any]], None]) -> None:
        self._engine = engine
        self._check = check
        self._where = str(engine.url)
        # Taken and given back at the end, by one operation each: threads need no lock.
        self._free: list[tuple[Any, Mapping[Any, Any], PoolProxiedConnection]] = []

    def ask(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a SELECT.

        Raises:
            TransientError: The database stayed locked.
        """
        try:
            taken = self._free.pop()
        except IndexError:
            taken = self._connect()
        driver, noted, _ = taken
        try:
            self._check(noted)
            rows: list[tuple[Any, ...]] = driver.execute(statement, values).fetchall()
        except sqlite3.Error:
            with translated(self._where):
                raise
        finally:
            self._free.append(taken)
        return rows

    def close(self) -> None:
        """Give the connections back."""
        while self._free:
            self._free.pop()[2].close()

    def _connect(self) -> tuple[Any, Mapping[Any, Any], PoolProxiedConnection]:
        with translated(self._where):
            pooled = self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        driver.execute(f"PRAGMA cache_size=-{_CACHE // 1024}")
        return driver, pooled.info, pooled
