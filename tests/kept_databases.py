# SPDX-License-Identifier: GPL-3.0-or-later
"""Opened databases that are kept for all tests of a process and emptied before each of them.

A pytest plugin (loaded by `tests/conftest.py`). Making a database takes longer than most tests,
and SQLAlchemy translates every statement once per engine: with an engine of its own that
translation is most of a small test. Tests that change tables, start other programs on the
database or want two of a kind take `database_urls` (`tests/databases.py`) instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError

from snapshot.errors import DejabuildError
from storage.catalogue import tables as catalogue_tables
from storage.database import Database, Kind
from storage.ledger import tables as ledger_tables
from tests.databases import BACKENDS, Backend, Cluster, copy_sqlite, folder_in_memory

_TABLES: dict[Kind, MetaData] = {
    "catalogue": catalogue_tables.metadata,
    "ledger": ledger_tables.metadata,
}
#: Rows that migrations make are put back, not taken away.
_COUNTER = catalogue_tables.identifiers
_COUNT_ANEW = f"UPDATE {_COUNTER.name} SET next_id = 1"
_RESTART = "SELECT setval(pg_get_serial_sequence('{}', 'id'), 1, false)"
#: Bytes of a PostgreSQL database from which its files are begun anew: nobody vacuums here, and
#: looking through rows deleted long ago would cost more. An empty one has 10 MB.
_LARGE = 40 << 20


class KeptDatabases:
    """One opened database of each backend, kind and use."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._opened: dict[tuple[Backend, Kind, str], Database] = {}
        self._given_up: list[Database] = []
        self._numbers = count()

    def emptied(self, backend: Backend, kind: Kind, use: str = "") -> Database:
        """Give the database, without any row but those that migrations make.

        Args:
            backend: On which server.
            kind: Which of the two.
            use: Databases of different uses are different ones.
        """
        key = backend, kind, use
        if key in self._opened:
            try:
                return _empty(self._opened[key], backend)
            except (DBAPIError, DejabuildError):
                # A test that failed left a transaction open.
                self._given_up.append(self._opened.pop(key))
        self._opened[key] = Database.open(self._url(backend, kind), kind)
        return self._opened[key]

    def close(self) -> None:
        for database in (*self._opened.values(), *self._given_up):
            database.close()

    def _url(self, backend: Backend, kind: Kind) -> str:
        # Never removed before the end: then all of the process's databases are thrown away.
        if backend == "postgresql":
            cluster: Cluster = self._request.getfixturevalue("postgresql_cluster")
            return cluster.url(cluster.create("template_dejabuild"))
        folder: Path = self._request.getfixturevalue("kept_folder")
        templates: Path = self._request.getfixturevalue("sqlite_templates")
        place = folder / str(next(self._numbers))
        place.mkdir()
        return copy_sqlite(templates, place).of(kind)


def _empty(database: Database, backend: Backend) -> Database:
    """Take all rows out; ids begin at 1 again."""
    tables = _TABLES[database.kind].sorted_tables
    counters = [_COUNT_ANEW] if _COUNTER in tables else []
    names = [table.name for table in reversed(tables) if table is not _COUNTER]
    deletions = [f"DELETE FROM {name}" for name in names]
    with database.write() as connection:
        if backend == "sqlite":
            for statement in (*deletions, *counters, "DELETE FROM sqlite_sequence"):
                connection.exec_driver_sql(statement)
            return database
        size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar()
        script = [
            "SET LOCAL lock_timeout = '1s'",  # whoever is still there will not go away
            *([f"TRUNCATE {', '.join(names)}"] if size and size > _LARGE else deletions),
            *counters,
            *(_RESTART.format(table.name) for table in tables if "id" in table.c),
        ]
        connection.exec_driver_sql("; ".join(script))  # one journey to the server
    return database


@pytest.fixture(scope="session")
def kept_folder() -> Iterator[Path]:
    """Where the SQLite files are: in memory, where nothing waits for a disk."""
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture(scope="session")
def kept_databases(request: pytest.FixtureRequest) -> Iterator[KeptDatabases]:
    """The databases of this test process."""
    kept = KeptDatabases(request)
    yield kept
    kept.close()


@pytest.fixture
def catalogue_database(backend: Backend, kept_databases: KeptDatabases) -> Database:
    """An opened, empty catalogue."""
    return kept_databases.emptied(backend, "catalogue")


@pytest.fixture
def ledger_database(backend: Backend, kept_databases: KeptDatabases) -> Database:
    """An opened, empty ledger."""
    return kept_databases.emptied(backend, "ledger")


@pytest.fixture(scope="module", params=BACKENDS)
def shared_database(request: pytest.FixtureRequest, kept_databases: KeptDatabases) -> Database:
    """An opened catalogue that is emptied once a module: its tests fill it once and only read."""
    return kept_databases.emptied(request.param, "catalogue", "shared")
