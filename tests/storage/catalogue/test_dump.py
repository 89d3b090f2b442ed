# SPDX-License-Identifier: GPL-3.0-or-later
"""Equal content gives equal lines, whatever the order it came in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.blobs import Blob
from storage.catalogue import Catalogue
from storage.database import Database
from tests.databases import Backend
from tests.storage.catalogue.archive_maker import (
    MAIN,
    SOURCE,
    binary,
    content,
    day,
    import_run,
    source,
)

RUNS = {
    1: ("same", {MAIN: [binary("a"), binary("b")], SOURCE: [source("s")]}),
    2: ("same", {MAIN: [binary("a"), binary("b")], SOURCE: [source("s")]}),
    3: ("new", {MAIN: [binary("b"), binary("c")], SOURCE: [source("s")]}),
}


def lines(catalogue: Catalogue, order: tuple[int, ...]) -> list[str]:
    for number in order:
        release, streams = RUNS[number]
        import_run(catalogue, day(number), streams, release=release)
    return list(catalogue.dump())


@pytest.fixture
def other_catalogue(
    backend: Backend, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Catalogue]:
    """A second one of the same kind."""
    if backend == "sqlite":
        url = f"sqlite:///{tmp_path}/other.sqlite"
    else:
        url = request.getfixturevalue("empty_database_urls").catalogue
    database = Database.open(url, "catalogue")
    database.upgrade()
    yield Catalogue(database)
    database.close()


def test_the_order_of_imports_leaves_no_trace(
    catalogue: Catalogue, other_catalogue: Catalogue
) -> None:
    forward = lines(catalogue, (1, 2, 3))
    assert lines(other_catalogue, (3, 2, 1)) == forward


def test_every_kind_of_content_shows(catalogue: Catalogue) -> None:
    seen = lines(catalogue, (1, 3))
    before = set(seen)
    kinds = {line.split("\t")[0] for line in seen}
    assert kinds == {"run", "release", "release-file", "index", "presence", "fact"}
    catalogue.record_blob(Blob(content("a_1.0_amd64"), 1001, "0" * 40))
    assert len(set(catalogue.dump()) - before) == 1
