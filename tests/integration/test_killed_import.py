# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL during imports, again and again: the content is that of an undisturbed import."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.catalogue import Catalogue
from storage.database import Database
from tests.databases import Backend, Cluster, DatabaseUrls
from tests.integration.import_runs import main
from tests.warm_python import WarmPython

PROGRAM = "tests.integration.import_runs:main"

#: Share of the transactions of a whole import after which each attempt is killed.
POINTS = (0.1, 0.35, 0.5, 0.6, 0.75, 0.9)


@pytest.fixture
def undisturbed(
    backend: Backend, database_urls: DatabaseUrls, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Another database, in which nobody is killed."""
    if backend == "sqlite":
        url = database_urls.catalogue.replace("catalogue.sqlite", "undisturbed.sqlite")
        Database.open(url, "catalogue").upgrade()
        yield url
        return
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    name = cluster.create("template_dejabuild")
    yield cluster.url(name)
    cluster.drop(name)


def dump(url: str) -> list[str]:
    database = Database.open(url, "catalogue")
    lines = list(Catalogue(database).dump())
    database.close()
    return lines


def test_an_import_killed_anywhere_ends_as_if_nothing_had_been(
    database_urls: DatabaseUrls,
    undisturbed: str,
    python: WarmPython,
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(undisturbed)
    transactions = capsys.readouterr().out.count("write")
    published = [set(dump(database_urls.catalogue))]
    for point in POINTS:
        process = python.start(PROGRAM, database_urls.catalogue)
        for _ in range(int(transactions * point)):
            if not process.stdout.readline():
                break
        process.kill()
        process.wait()
        # Whatever was told before is still told, and nothing half.
        seen = set(dump(database_urls.catalogue))
        runs = {line.split("\t")[2] for line in seen if line.startswith("run\t")}
        assert runs >= {line.split("\t")[2] for line in published[-1] if line.startswith("run\t")}
        published.append(seen)
    process = python.start(PROGRAM, database_urls.catalogue)
    said = process.stdout.read()
    assert process.wait() == 0, said
    assert dump(database_urls.catalogue) == dump(undisturbed)
    assert len({frozenset(seen) for seen in published}) > 1
