# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals of the archive half: one sentence, what to try, never cached."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.api.archive_server import make_archive_server


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


@pytest.mark.parametrize("address", ["/mr/buildinfo", "/environments"])
def test_a_body_that_is_refused_before_it_is_read_is_refused_in_json(
    shared_database: Database, address: str
) -> None:
    answer = make_archive_server(shared_database).client.post(address, json={})
    assert answer.status_code == 415
    assert "not JSON" in answer.get_json()["error"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_whoever_asks_for_json_is_refused_in_json_everywhere(shared_database: Database) -> None:
    client = make_archive_server(shared_database).client
    for address in ("/archive/nosuch/", "/file/x", "/cgi-bin/api", "/archive/a/b/%00"):
        answer = client.get(address, headers={"Accept": "application/json"})
        assert answer.get_json().keys() == {"error", "try"}


def test_a_wrong_method_is_told_the_right_ones(shared_database: Database) -> None:
    answer = make_archive_server(shared_database).client.delete("/mr/package")
    assert answer.get_json()["try"] == "this address answers GET, HEAD, OPTIONS"
    assert "GET" in answer.headers["Allow"]
