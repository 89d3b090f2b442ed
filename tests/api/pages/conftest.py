# SPDX-License-Identifier: GPL-3.0-or-later
"""One archive with a past for all tests of pages, which only read it, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.api.archive_server import ArchiveServer, make_archive_server
from tests.api.past_server import fill_past
from tests.databases import Backend
from tests.kept_databases import KeptDatabases

PastOf = Callable[[Backend], ArchiveServer]


@pytest.fixture(scope="session")
def past_of(kept_databases: KeptDatabases) -> PastOf:
    """Gives the archive on a database; it is made once, whatever the order of the tests is."""
    made: dict[Backend, ArchiveServer] = {}

    def get(backend: Backend) -> ArchiveServer:
        if backend not in made:
            server = make_archive_server(kept_databases.emptied(backend, "catalogue", "past"))
            fill_past(server)
            made[backend] = server
        return made[backend]

    return get


@pytest.fixture
def past(backend: Backend, past_of: PastOf) -> ArchiveServer:
    """Two years of `hello` (`tests.api.past_server`); nobody changes it."""
    return past_of(backend)
