# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive half is given."""

from __future__ import annotations

import pytest

from api.archive_services import current_archive
from storage.database import Database
from tests.api.archive_server import make_archive_server


def test_a_view_gets_the_parts_that_were_wired(shared_database: Database) -> None:
    server = make_archive_server(shared_database)
    with server.app.test_request_context():
        assert current_archive().catalogue is server.catalogue
        assert current_archive().blobs is server.blobs
    with pytest.raises(RuntimeError):
        current_archive()
