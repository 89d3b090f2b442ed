# SPDX-License-Identifier: GPL-3.0-or-later
"""One opened ledger per database for a whole folder of tests, emptied before each of them.

SQLAlchemy translates every statement once per engine; with a fresh engine for each of hundreds
of small tests that translation is most of the time. Ids begin at 1 again after emptying.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, text

from storage.database import Database
from storage.ledger import tables as t
from tests.databases import Backend, Cluster

Opener = Callable[[Backend], Database]


@pytest.fixture(scope="package")
def open_ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opener]:
    """Opens the ledger of a backend, the same one every time."""
    opened: dict[Backend, Database] = {}

    def open_once(backend: Backend) -> Database:
        if backend not in opened:
            opened[backend] = Database.open(_url(backend, request, tmp_path_factory), "ledger")
        return opened[backend]

    yield open_once
    for database in opened.values():
        database.close()


@pytest.fixture
def ledger_database(backend: Backend, open_ledger: Opener) -> Database:
    """An opened, empty ledger."""
    database = open_ledger(backend)
    with database.write() as connection:
        _empty(connection, backend)
    return database


def _url(backend: Backend, request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> str:
    if backend == "sqlite":
        templates: Path = request.getfixturevalue("sqlite_templates")
        path = factory.mktemp("ledger") / "ledger.sqlite"
        shutil.copyfile(templates / "ledger.sqlite", path)
        return f"sqlite:///{path}"
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    return cluster.url(cluster.create("template_dejabuild"))


def _empty(connection: Connection, backend: Backend) -> None:
    tables = t.metadata.sorted_tables
    for table in reversed(tables):
        connection.execute(delete(table))
    if backend == "sqlite":
        connection.execute(text("DELETE FROM sqlite_sequence"))
        return
    for table in tables:
        if "id" in table.c:
            sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
            connection.execute(text(f"SELECT setval({sequence}, 1, false)"))
