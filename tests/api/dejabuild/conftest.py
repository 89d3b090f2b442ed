# SPDX-License-Identifier: GPL-3.0-or-later
"""Both halves together: a catalogue that tests only read, and an empty ledger for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.archive_services import ArchiveServices
from storage.database import Database
from tests.api.archive_server import ArchiveServer
from tests.api.conftest import empty_ledger
from tests.api.mr.archive import filled_server
from tests.api.rebuild_server import RebuildServer, make_server
from tests.api.shared_catalogue import shared_database
from tests.databases import Backend

__all__ = ["shared_database"]


@dataclass
class Whole:
    """A server with both halves."""

    rebuild: RebuildServer
    archive: ArchiveServer


@pytest.fixture(scope="module")
def known_archive(shared_database: Database) -> ArchiveServer:
    """Three runs of a small archive."""
    return filled_server(shared_database)


@pytest.fixture
def whole(
    known_archive: ArchiveServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Whole]:
    """Both halves over one kind of database."""
    backend: Backend = request.node.callspec.params["shared_database"]
    ledger = empty_ledger(backend, tmp_path, request)
    archive = ArchiveServices(known_archive.catalogue, known_archive.blobs)
    yield Whole(make_server(ledger, archive=archive), known_archive)
    ledger.close()
