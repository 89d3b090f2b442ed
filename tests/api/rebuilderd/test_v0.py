# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
import zstandard

from tests.api.lively_server import STORIES
from tests.api.rebuild_server import RebuildServer
from tests.api.rebuilderd.wire import ADMIN


def test_the_whole_list_is_one_array_for_clients_that_take_no_encoding(
    lively: RebuildServer,
) -> None:
    """debian-repro-status: no query, no compression, every record must parse."""
    client = lively.app.test_client()
    answer = client.get("/api/v0/pkgs/list", headers={"User-Agent": "debian-repro-status/0.4.0"})
    assert "Content-Encoding" not in answer.headers
    records = answer.get_json()
    assert len(records) == len(STORIES)
    assert {record["status"] for record in records} == {"GOOD", "BAD", "UNKWN"}
    assert all(record["artifact_url"].startswith("http://localhost/file/") for record in records)
    packed = client.get("/api/v0/pkgs/list", headers={"Accept-Encoding": "zstd"})
    reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed.data))
    assert json.loads(reader.read()) == records


def test_filters_of_arch_repro_status_and_the_websites(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    assert client.get("/api/v0/pkgs/list?distro=archlinux").get_json() == []
    assert len(client.get("/api/v0/pkgs/list?distro=debian&suite=main").get_json()) == len(STORIES)
    [bad] = client.get("/api/v0/pkgs/list?status=BAD").get_json()
    assert bad["name"] == "libsub-name-perl"
    assert client.get("/api/v0/pkgs/list?status=bad").status_code == 400


def test_an_unchanged_list_costs_304(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    modified = client.get("/api/v0/pkgs/list").headers["Last-Modified"]
    same = client.get("/api/v0/pkgs/list", headers={"If-Modified-Since": modified})
    assert (same.status_code, same.data) == (304, b"")
    old = datetime(2020, 1, 1, tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert client.get("/api/v0/pkgs/list", headers={"If-Modified-Since": old}).status_code == 200


def test_logs_differences_and_links_go_by_the_build(lively: RebuildServer) -> None:
    ids = {build.name: build.id for build in lively.ledger.builds.recent(100)}
    client = lively.app.test_client()
    good, bad = ids["catdoc"], ids["libsub-name-perl"]
    assert b"dh_step_299" in client.get(f"/api/v0/builds/{good}/log").data
    assert "signatures" in client.get(f"/api/v0/builds/{good}/attestation").get_json()
    assert b"Depends: perl" in client.get(f"/api/v0/builds/{bad}/diffoscope").data
    for path in (f"{good}/diffoscope", f"{bad}/attestation", "999/log"):
        missing = client.get(f"/api/v0/builds/{path}")
        assert (missing.status_code, missing.text) == (404, "Not found\n")


def test_workers_with_their_keys_are_for_the_operator(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    refused = client.get("/api/v0/workers")
    assert (refused.status_code, refused.text) == (403, "Authentication failed\n")
    [worker] = client.get("/api/v0/workers", headers=ADMIN).get_json()
    assert worker["online"] is True
    lively.clock.now += 541
    try:
        assert client.get("/api/v0/workers", headers=ADMIN).get_json() == []
    finally:
        lively.clock.now -= 541


def test_the_dashboard_counts_artifacts_by_component(lively: RebuildServer) -> None:
    body = lively.app.test_client().get("/api/v0/dashboard").get_json()
    assert body["suites"] == {"main": {"good": 5, "unknown": 2, "bad": 1}}
    assert (body["active_builds"], body["queue_length"]) == ([], 0)


@pytest.mark.parametrize("limit", [0, 1, None])
def test_the_queue_may_be_cut(lively: RebuildServer, limit: int | None) -> None:
    answer = lively.app.test_client().post("/api/v0/queue/list", json={"limit": limit})
    waiting = lively.ledger.queue.page().total
    assert len(answer.get_json()["queue"]) == (waiting if limit is None else limit)


@pytest.mark.parametrize("path", ["pkgs/sync", "queue/push", "pkg/requeue", "build/report"])
def test_writing_through_v0_is_501(lively: RebuildServer, path: str) -> None:
    client = lively.app.test_client()
    answer = client.post(f"/api/v0/{path}", json={"name": "x"}, headers=ADMIN)
    assert (answer.status_code, answer.data) == (501, b"")
    unread = client.post(f"/api/v0/{path}", data=b"{", content_type="application/json")
    assert unread.status_code == 400


def test_an_empty_list_is_an_empty_array(server: RebuildServer) -> None:
    assert server.app.test_client().get("/api/v0/pkgs/list").data == b"[]"
