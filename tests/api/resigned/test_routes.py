# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of the signed view."""

from __future__ import annotations

from storage.database import Database
from tests.api.archive_server import Suite, binary_stanza, make_archive_server


def test_without_a_key_all_but_the_releases_is_there(shared_database: Database) -> None:
    server = make_archive_server(shared_database)
    server.add_run("debian", "20260101", {"sid": Suite({"amd64": [binary_stanza("apt", "2.0")]})})
    base = "/resigned/debian/20260101T000000Z"
    assert server.client.get(f"{base}/dists/sid/main/binary-amd64/Packages").status_code == 200
    for address in (f"{base}/dists/sid/InRelease", "/resigned/key.asc"):
        answer = server.client.get(address)
        assert answer.status_code == 501
        assert "dejabuild init" in answer.text


def test_lists_are_those_of_the_archives(shared_database: Database) -> None:
    server = make_archive_server(shared_database)
    server.add_run("lists", "20260101", {"sid": Suite({"amd64": [binary_stanza("apt", "2.0")]})})
    for path in ("", "lists/", "lists/?year=2026&month=1"):
        assert server.client.get(f"/resigned/{path}").data == (
            server.client.get(f"/archive/{path}").data
        )
