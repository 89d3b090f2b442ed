# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of environments."""

from __future__ import annotations

from storage.database import Database
from tests.api.archive_server import make_archive_server


def test_every_address_is_routed_and_other_methods_are_refused_as_json(
    shared_database: Database,
) -> None:
    client = make_archive_server(shared_database).client
    answer = client.delete("/environments/x")
    assert answer.status_code == 405
    assert answer.get_json()["error"]
    assert client.get("/environments/x/y/z").status_code == 404
    assert client.head("/environments/x").status_code == 404
