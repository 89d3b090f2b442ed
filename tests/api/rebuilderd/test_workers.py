# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from tests.api.rebuild_server import RebuildServer
from tests.api.rebuilderd.wire import ADMIN, claim, post, register, worker_head


def test_registering_again_renews_the_same_worker(server: RebuildServer) -> None:
    register(server, name="before")
    server.clock.now += 1000
    register(server, name="after")
    body = server.app.test_client().get("/api/v1/workers").get_json()
    assert body["total"] == 1
    assert body["records"][0]["name"] == "after"
    assert body["records"][0]["is_online"] is True


def test_a_silent_worker_is_offline_after_nine_minutes(server: RebuildServer) -> None:
    register(server)
    client = server.app.test_client()
    server.clock.now += 540
    assert client.get("/api/v1/workers/1").get_json()["is_online"] is True
    server.clock.now += 1
    assert client.get("/api/v1/workers/1").get_json()["is_online"] is False


def test_a_worker_may_remove_itself_and_the_operator_anybody(server: RebuildServer) -> None:
    register(server, key="one")
    register(server, key="two")
    client = server.app.test_client()
    stranger = client.delete("/api/v1/workers/1", headers=worker_head("two"))
    assert (stranger.status_code, stranger.data) == (403, b"")
    assert client.delete("/api/v1/workers/1", headers=worker_head("one")).status_code == 204
    assert client.delete("/api/v1/workers/2", headers=ADMIN).status_code == 204
    assert client.delete("/api/v1/workers/2", headers=ADMIN).status_code == 404
    removed = post(server, "/api/v1/queue/pop", {}, worker_head("one"))
    assert removed.status_code == 403


def test_a_name_must_be_text(server: RebuildServer) -> None:
    answer = post(server, "/api/v1/workers", {"name": 7}, worker_head())
    assert answer.status_code == 400
    assert answer.text == "Json deserialize error: name: expected text, got a number"


def test_the_dashboard_counts_a_job_in_progress(server: RebuildServer) -> None:
    claim(server)
    body = server.app.test_client().get("/api/v1/dashboard?distribution=debian").get_json()
    assert body == {
        "rebuilds": {"good": 0, "bad": 0, "fail": 0, "unknown": 1},
        "jobs": {"running": 1, "available": 0, "pending": 0},
    }
    other = server.app.test_client().get("/api/v1/dashboard?distribution=tails").get_json()
    assert other["rebuilds"]["unknown"] == 0
