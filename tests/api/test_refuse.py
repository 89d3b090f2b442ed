# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals of the archive half: one sentence, what to try, never cached."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.api.archive_server import make_archive_server
from tests.api.shared_catalogue import shared_database

__all__ = ["shared_database"]


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("DELETE", "/mr/package", 405),
        ("GET", "/mr/nosuch", 404),
        ("GET", "/mr/buildinfo", 405),
        ("PUT", "/environments/x", 405),
        ("GET", "/mr/timestamp/nosuch", 404),
    ],
)
def test_machines_get_json_from_every_origin(
    shared_database: Database, method: str, address: str, status: int
) -> None:
    answer = make_archive_server(shared_database).client.open(address, method=method)
    assert answer.status_code == status
    assert answer.get_json()["error"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("POST", "/archive/debian/now/", 405),
        ("PUT", "/file/x", 405),
        ("GET", "/file/x/y/z", 404),
        ("GET", "/file/x", 404),
        ("GET", "/cgi-bin/other", 404),
    ],
)
def test_people_get_text(shared_database: Database, method: str, address: str, status: int) -> None:
    answer = make_archive_server(shared_database).client.open(address, method=method)
    assert answer.status_code == status
    assert answer.mimetype == "text/plain"
    assert answer.text.endswith("\n")
    assert answer.headers["Cache-Control"] == "no-store"
