# SPDX-License-Identifier: GPL-3.0-or-later
"""The address under which the asking client reaches us."""

from __future__ import annotations

from api.public_url import public_url
from storage.database import Database
from tests.api.archive_server import make_archive_server


def test_it_is_the_requests_own_unless_configured(shared_database: Database) -> None:
    app = make_archive_server(shared_database).app
    with app.test_request_context(base_url="http://h:8080/below/"):
        assert public_url() == "http://h:8080/below"
    app = make_archive_server(shared_database, base_url="https://public.example").app
    with app.test_request_context(base_url="http://h:8080/"):
        assert public_url() == "https://public.example"
