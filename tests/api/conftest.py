# SPDX-License-Identifier: GPL-3.0-or-later
"""A rebuild half for every test of its routes, on both databases.

Tests that write share one database and get it emptied: making one, and teaching SQLAlchemy
every statement anew, takes far longer than most of these tests.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from storage.database import Database
from tests.api.lively_server import fill
from tests.api.rebuild_server import RebuildServer, make_server
from tests.databases import BACKENDS, Backend, Cluster

EmptyLedger = Callable[[Backend], Database]


@pytest.fixture(scope="session")
def empty_ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmptyLedger]:
    """Gives a ledger without rows; the one given before is the same and loses its rows."""
    opened: dict[Backend, Database] = {}
    urls: dict[Backend, str] = {}

    def get(backend: Backend) -> Database:
        if backend not in opened:
            # Never dropped: its server may end first, and is thrown away.
            urls[backend], _ = _new_url(backend, request, tmp_path_factory)
            opened[backend] = Database.open(urls[backend], "ledger")
        (_empty_sqlite if backend == "sqlite" else _empty_postgresql)(urls[backend])
        return opened[backend]

    yield get
    for database in opened.values():
        database.close()


@pytest.fixture
def server(backend: Backend, empty_ledger: EmptyLedger) -> RebuildServer:
    """Empty, with a clock to move."""
    return make_server(empty_ledger(backend))


@pytest.fixture(scope="module", params=BACKENDS)
def lively(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RebuildServer]:
    """A server with verdicts of every kind, for tests of a module that only read."""
    url, drop = _new_url(request.param, request, tmp_path_factory)
    database = Database.open(url, "ledger")
    server = make_server(database)
    fill(server)
    yield server
    database.close()
    drop()


def _new_url(
    backend: Backend, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Callable[[], None]]:
    if backend == "sqlite":
        templates: Path = request.getfixturevalue("sqlite_templates")
        path = tmp_path_factory.mktemp("rebuilds") / "ledger.sqlite"
        shutil.copyfile(templates / path.name, path)
        return f"sqlite:///{path}", lambda: None
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    name = cluster.create("template_dejabuild")
    return cluster.url(name), lambda: cluster.drop(name)


def _empty_sqlite(url: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        rows = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' "
            "AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
        ).fetchall()
        assert rows
        for (name,) in rows:
            connection.execute(f'DELETE FROM "{name}"')
        connection.execute("DELETE FROM sqlite_sequence")


def _empty_postgresql(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname = 'ledger' AND tablename <> 'alembic_version'"
        ).fetchall()
        assert names
        tables = ", ".join(name for (name,) in names)
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE".encode())
