# SPDX-License-Identifier: GPL-3.0-or-later
"""One catalogue for all tests of a module that only read, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import BACKENDS, Cluster


@pytest.fixture(scope="module", params=BACKENDS)
def shared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """An opened catalogue that no test of the module empties."""
    cluster: Cluster | None = None
    if request.param == "sqlite":
        templates: Path = request.getfixturevalue("sqlite_templates")
        path = tmp_path_factory.mktemp("shared") / "catalogue.sqlite"
        shutil.copyfile(templates / path.name, path)
        url = f"sqlite:///{path}"
    else:
        cluster = request.getfixturevalue("postgresql_cluster")
        name = cluster.create("template_dejabuild")
        url = cluster.url(name)
    database = Database.open(url, "catalogue")
    yield database
    database.close()
    if cluster is not None:
        cluster.drop(name)
