# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.rebuild_server import RebuildServer
from tests.api.rebuilderd.wire import ADMIN, ONE_PACKAGE, pop_body, post, register, worker_head

NAIVE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?")


def imported(server: RebuildServer, body: dict[str, Any] | None = None) -> TestResponse:
    return post(server, "/api/v1/packages", body or ONE_PACKAGE, ADMIN)


def test_writing_needs_the_admin_cookie_and_says_so_with_an_empty_403(
    server: RebuildServer,
) -> None:
    client = server.app.test_client()
    for method, path in (
        ("POST", "/api/v1/packages"),
        ("POST", "/api/v1/queue"),
        ("DELETE", "/api/v1/queue"),
        ("DELETE", "/api/v1/queue/1"),
        ("POST", "/api/v1/queue/pop"),
        ("POST", "/api/v1/queue/1/ping"),
        ("POST", "/api/v1/builds"),
        ("DELETE", "/api/v1/workers/1"),
        ("POST", "/api/v1/workers"),
    ):
        for head in ({}, {"X-Auth-Cookie": "wrong", "X-Worker-Key": "unknown"}):
            answer = client.open(path, method=method, headers=head)
            assert (answer.status_code, answer.data) == (403, b""), (method, path, head)


def test_no_body_is_read_from_a_stranger(server: RebuildServer) -> None:
    answer = server.app.test_client().post("/api/v1/queue", data=b"not json")
    assert answer.status_code == 403


def test_an_import_is_queued_once_even_when_it_lists_a_package_twice(
    server: RebuildServer,
) -> None:
    twice = ONE_PACKAGE | {"packages": ONE_PACKAGE["packages"] * 2}
    for _ in range(2):
        assert imported(server, twice).status_code == 204
    listed = server.app.test_client().get("/api/v1/queue").json
    assert listed is not None
    assert listed["total"] == 1
    binaries = server.app.test_client().get("/api/v1/packages/binary").json
    assert binaries is not None
    assert binaries["total"] == 1


def test_a_component_of_null_makes_no_duplicates(server: RebuildServer) -> None:
    body = {**ONE_PACKAGE, "distribution": "tails", "release": None}
    artifact = {**ONE_PACKAGE["packages"][0]["artifacts"][0], "component": None}
    body["packages"] = [{**ONE_PACKAGE["packages"][0], "artifacts": [artifact]}]
    for _ in range(3):
        imported(server, body)
    found = server.app.test_client().get("/api/v1/packages/binary").json
    assert found is not None
    assert found["total"] == 1
    assert (found["records"][0]["component"], found["records"][0]["release"]) == (None, None)


def test_times_have_no_zone_and_twelve_members_are_there(server: RebuildServer) -> None:
    server.clock.now += 0.354981830
    imported(server)
    register(server)
    body = server.app.test_client().get("/api/v1/queue").get_json()
    [job] = body["records"]
    assert set(job) == {
        "id", "name", "version", "distribution", "release", "architecture", "backend", "url",
        "next_retry", "priority", "queued_at", "started_at",
    }  # fmt: skip
    assert NAIVE_TIME.fullmatch(job["queued_at"])
    assert job["started_at"] is None
    post(server, "/api/v1/queue/pop", pop_body(), worker_head())
    [job] = server.app.test_client().get("/api/v1/queue").get_json()["records"]
    assert NAIVE_TIME.fullmatch(job["started_at"])


def test_nothing_is_a_bare_string(server: RebuildServer) -> None:
    register(server)
    answer = post(server, "/api/v1/queue/pop", pop_body(), worker_head())
    assert (answer.status_code, answer.data) == (200, b'"Nothing"')
    assert answer.headers["Content-Type"] == "application/json"


def test_a_stock_worker_gets_no_member_it_did_not_ask_for(server: RebuildServer) -> None:
    imported(server)
    register(server)
    answer = post(server, "/api/v1/queue/pop", pop_body(), worker_head()).get_json()["Rebuild"]
    assert set(answer) == {"job", "artifacts"}
    assert "dejabuild" not in answer["job"]
    assert set(answer["artifacts"][0]) == {"name", "version", "architecture", "url"}
    assert answer["job"]["url"] == ONE_PACKAGE["packages"][0]["url"]


def test_our_worker_learns_its_lease(server: RebuildServer) -> None:
    imported(server)
    register(server)
    body = pop_body() | {"dejabuild": {"version": 1, "tags": []}}
    job = post(server, "/api/v1/queue/pop", body, worker_head()).get_json()["Rebuild"]["job"]
    assert job["dejabuild"]["lease"] == "lease-1"
    assert job["dejabuild"]["target"] == "buildinfo"
    assert job["dejabuild"]["timeout"] > 0


def test_a_ping_has_no_body_and_no_content_type(server: RebuildServer) -> None:
    imported(server)
    register(server)
    job = post(server, "/api/v1/queue/pop", pop_body(), worker_head()).get_json()["Rebuild"]["job"]
    client = server.app.test_client()
    path = f"/api/v1/queue/{job['id']}/ping"
    answer = client.post(path, headers=worker_head() | {"Content-Length": "0"})
    assert (answer.status_code, answer.data) == (204, b"")
    register(server, key="another")
    answer = client.post(path, headers=worker_head("another"))
    assert (answer.status_code, answer.data) == (404, b"")


@pytest.mark.parametrize(
    "path", ["/api/v1/queue/0x1", "/api/v1/queue/-1", "/api/v1/queue/2147483648"]
)
def test_what_is_no_id_is_not_found(server: RebuildServer, path: str) -> None:
    answer = server.app.test_client().get(path)
    assert (answer.status_code, answer.data) == (404, b"")


def test_dropping_without_a_filter_drops_everything(server: RebuildServer) -> None:
    imported(server)
    client = server.app.test_client()
    assert client.delete("/api/v1/queue", headers=ADMIN).status_code == 204
    assert client.get("/api/v1/queue").get_json() == {"total": 0, "records": []}
    assert client.delete("/api/v1/queue/1", headers=ADMIN).status_code == 404


def test_pushing_says_how_many_and_takes_back_what_was_dropped(server: RebuildServer) -> None:
    imported(server)
    server.app.test_client().delete("/api/v1/queue", headers=ADMIN)
    nulls = dict.fromkeys(("release", "component", "name", "version", "architecture", "status"))
    answer = post(server, "/api/v1/queue", nulls | {"distribution": "debian"}, ADMIN)
    assert answer.get_json() == {"affected": 1}
    [job] = server.app.test_client().get("/api/v1/queue").get_json()["records"]
    assert job["priority"] == 0


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/api/v1/packages", {}, "distribution: expected text, got nothing"),
        ("/api/v1/packages", [], "expected an object, got a list"),
        ("/api/v1/packages", ONE_PACKAGE | {"packages": [{}]}, "packages[0].name"),
        ("/api/v1/queue", {"priority": 2**31}, "priority: 2147483648 does not fit 32 bits"),
        ("/api/v1/queue", {"status": "good"}, "not a status: 'good'"),
    ],
)
def test_a_body_of_another_shape_is_400_and_names_the_member(
    server: RebuildServer, path: str, body: Any, says: str
) -> None:
    answer = post(server, path, body, ADMIN)
    assert answer.status_code == 400
    assert answer.text.startswith("Json deserialize error: ")
    assert says in answer.text


def test_a_url_without_a_file_name_is_refused_and_nothing_is_imported(
    server: RebuildServer,
) -> None:
    package = {**ONE_PACKAGE["packages"][0], "url": "https://example.org/"}
    answer = imported(server, ONE_PACKAGE | {"packages": [package]})
    assert answer.status_code == 400
    assert "names no file" in answer.text
    assert server.app.test_client().get("/api/v1/queue").get_json()["total"] == 0
