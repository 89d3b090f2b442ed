# SPDX-License-Identifier: GPL-3.0-or-later
"""Both halves together: a catalogue that tests only read, and an empty ledger for each."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from api.archive_services import ArchiveServices
from storage.database import Database
from tests.api.archive_server import ArchiveServer, Suite, binary_stanza
from tests.api.mr.archive import filled_server, source
from tests.api.rebuild_server import RebuildServer, make_server
from tests.databases import Backend
from tests.kept_databases import KeptDatabases


@dataclass
class Whole:
    """A server with both halves."""

    rebuild: RebuildServer
    archive: ArchiveServer


@pytest.fixture(scope="module")
def known_archive(shared_database: Database) -> ArchiveServer:
    """Three runs of a small archive, and one whose `all` packages have no index of their own."""
    server = filled_server(shared_database)
    listed = [binary_stanza("tor", "1.0-1"), binary_stanza("tor-doc", "1.0-1", "all", source="tor")]
    suite = Suite({"amd64": listed, "source": [source("1.0-1")]})
    server.add_run("plain", "20260401T000000Z", {"stable": suite})
    return server


@pytest.fixture
def whole(
    known_archive: ArchiveServer,
    kept_databases: KeptDatabases,
    request: pytest.FixtureRequest,
) -> Whole:
    """Both halves over one kind of database."""
    backend: Backend = request.node.callspec.params["shared_database"]
    archive = ArchiveServices(known_archive.catalogue, known_archive.blobs)
    ledger = kept_databases.emptied(backend, "ledger")
    return Whole(make_server(ledger, archive=archive), known_archive)
