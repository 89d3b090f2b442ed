# SPDX-License-Identifier: GPL-3.0-or-later
"""A rebuild half for every test of its routes, on both databases."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.api.lively_server import fill
from tests.api.rebuild_server import RebuildServer, make_server
from tests.databases import BACKENDS
from tests.kept_databases import KeptDatabases


@pytest.fixture
def server(ledger_database: Database) -> RebuildServer:
    """Empty, with a clock to move."""
    return make_server(ledger_database)


@pytest.fixture(scope="module", params=BACKENDS)
def lively(request: pytest.FixtureRequest, kept_databases: KeptDatabases) -> RebuildServer:
    """A server with verdicts of every kind, for tests of a module that only read."""
    server = make_server(kept_databases.emptied(request.param, "ledger", "lively"))
    fill(server)
    return server
