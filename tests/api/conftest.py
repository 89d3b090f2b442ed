# SPDX-License-Identifier: GPL-3.0-or-later
"""A rebuild half for every test of its routes, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import psycopg
import pytest

from storage.database import Database
from tests.api.lively_server import fill
from tests.api.rebuild_server import RebuildServer, make_server
from tests.databases import Backend, Cluster


@pytest.fixture(scope="session")
def emptied_postgresql(postgresql_cluster: Cluster) -> Iterator[str]:
    """One PostgreSQL database for all these tests: emptying it is faster than making one."""
    name = postgresql_cluster.create("template_dejabuild")
    yield postgresql_cluster.url(name)
    postgresql_cluster.drop(name)


@pytest.fixture
def server(
    backend: Backend, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[RebuildServer]:
    """Empty, with a clock to move."""
    database = empty_ledger(backend, tmp_path, request)
    yield make_server(database)
    database.close()


@pytest.fixture(scope="module", params=get_args(Backend))
def lively(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RebuildServer]:
    """A server with verdicts of every kind, for tests of a module that only read."""
    cluster: Cluster | None = None
    if request.param == "sqlite":
        templates: Path = request.getfixturevalue("sqlite_templates")
        path = tmp_path_factory.mktemp("lively") / "ledger.sqlite"
        shutil.copyfile(templates / path.name, path)
        url = f"sqlite:///{path}"
    else:
        cluster = request.getfixturevalue("postgresql_cluster")
        name = cluster.create("template_dejabuild")
        url = cluster.url(name)
    database = Database.open(url, "ledger")
    server = make_server(database)
    fill(server)
    yield server
    database.close()
    if cluster is not None:
        cluster.drop(name)


def empty_ledger(backend: Backend, folder: Path, request: pytest.FixtureRequest) -> Database:
    """A ledger without rows; the caller closes it."""
    if backend == "sqlite":
        templates: Path = request.getfixturevalue("sqlite_templates")
        shutil.copyfile(templates / "ledger.sqlite", folder / "ledger.sqlite")
        return Database.open(f"sqlite:///{folder}/ledger.sqlite", "ledger")
    url: str = request.getfixturevalue("emptied_postgresql")
    _empty(url)
    return Database.open(url, "ledger")


def _empty(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname = 'ledger' AND tablename <> 'alembic_version'"
        ).fetchall()
        assert names
        tables = ", ".join(name for (name,) in names)
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE".encode())
