# SPDX-License-Identifier: GPL-3.0-or-later
"""One archive with a past for all tests of pages, which only read it, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.api.archive_server import ArchiveServer, make_archive_server
from tests.api.past_server import fill_past
from tests.databases import Backend, Cluster

PastOf = Callable[[Backend], ArchiveServer]


@pytest.fixture(scope="session")
def past_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PastOf]:
    """Gives the archive on a database; it is made once, whatever the order of the tests is."""
    made: dict[Backend, tuple[Database, ArchiveServer]] = {}

    def get(backend: Backend) -> ArchiveServer:
        if backend not in made:
            database = Database.open(_new_url(backend, request, tmp_path_factory), "catalogue")
            made[backend] = database, make_archive_server(database)
            fill_past(made[backend][1])
        return made[backend][1]

    yield get
    for database, _ in made.values():
        database.close()


@pytest.fixture
def past(backend: Backend, past_of: PastOf) -> ArchiveServer:
    """Two years of `hello` (`tests.api.past_server`); nobody changes it."""
    return past_of(backend)


def _new_url(
    backend: Backend, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    if backend == "sqlite":
        templates: Path = request.getfixturevalue("sqlite_templates")
        path = tmp_path_factory.mktemp("past") / "catalogue.sqlite"
        shutil.copyfile(templates / path.name, path)
        return f"sqlite:///{path}"
    # Never dropped: its server is thrown away.
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    return cluster.url(cluster.create("template_dejabuild"))
