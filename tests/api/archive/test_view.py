# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses stay in the view that they were asked for in."""

from __future__ import annotations

import pytest

from api.archive.view import dated_address, view_root
from storage.database import Database
from tests.api.archive_server import make_archive_server


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/archive/debian/20260101/", "/archive"),
        ("/resigned/debian/20260101/", "/resigned"),
        ("/archive/resigned/20260101/", "/archive"),
    ],
)
def test_a_request_knows_its_view(shared_database: Database, path: str, root: str) -> None:
    with make_archive_server(shared_database).app.test_request_context(path):
        assert view_root() == root
        address = dated_address("debian", "20260101T000000Z", "a b/")
        assert address == f"{root}/debian/20260101T000000Z/a%20b/"
