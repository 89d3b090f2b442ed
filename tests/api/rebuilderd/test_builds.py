# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
import zstandard

from api.archive_services import ArchiveServices
from api.services import Limits
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.wire import naive_time
from storage.blobs import MemoryBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from tests.api.rebuild_server import RebuildServer, make_server
from tests.api.rebuilderd.wire import KEY, bad_report, claim, pop_body, post, register, worker_head

HEAD = {"X-Worker-Key": KEY}


def builds(server: RebuildServer) -> list[dict[str, Any]]:
    found = server.app.test_client().get("/api/v1/builds").get_json()
    assert found["total"] == len(found["records"])
    return list(found["records"])


def test_a_stock_report_is_kept_with_log_and_difference(server: RebuildServer) -> None:
    job = claim(server)["id"]
    answer = post(server, "/api/v1/builds", bad_report(server, job), HEAD)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    client = server.app.test_client()
    [build] = builds(server)
    assert build["status"] == "BAD"
    log = client.get(f"/api/v1/builds/{build['id']}/log")
    assert log.data == b"a log\n"
    [artifact] = client.get(f"/api/v1/builds/{build['id']}/artifacts").get_json()
    assert (artifact["status"], artifact["has_diffoscope"]) == ("BAD", True)
    base = f"/api/v1/builds/{build['id']}/artifacts/{artifact['id']}"
    assert client.get(f"{base}/diffoscope").data == b"--- a\n+++ b\n-old\n+new\n"
    missing = client.get(f"{base}/attestation")
    assert (missing.status_code, missing.data) == (404, b"")


def test_the_same_report_twice_changes_nothing(server: RebuildServer) -> None:
    job = claim(server)["id"]
    report = bad_report(server, job)
    answers = [post(server, "/api/v1/builds", report, HEAD) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert len(builds(server)) == 1


def test_a_late_report_is_taken_once_and_so_is_that_of_the_next_worker(
    server: RebuildServer,
) -> None:
    job = claim(server)["id"]
    server.clock.now += 3600
    register(server, key="second")
    again = post(server, "/api/v1/queue/pop", pop_body(), worker_head("second")).get_json()
    assert again["Rebuild"]["job"]["id"] == job
    for _ in range(2):
        late = post(server, "/api/v1/builds", bad_report(server, job), HEAD)
        assert late.status_code == 204
    for _ in range(2):
        answer = post(server, "/api/v1/builds", bad_report(server, job), worker_head("second"))
        assert answer.status_code == 204
    assert len(builds(server)) == 2


def test_the_environment_of_an_attempt_outlives_what_strangers_post(
    ledger_database: Database, catalogue_database: Database
) -> None:
    archive = ArchiveServices(Catalogue(catalogue_database), MemoryBlobs())
    server = make_server(ledger_database, limits=Limits(environments=1), archive=archive)
    job, client = claim(server)["id"], server.app.test_client()

    def post_environment(version: str) -> Environment:
        made = Environment("deb", frozenset({Member("a", "amd64", version, Digest.of(b"a"))}))
        answer = client.post("/environments", data=made.text(), content_type="text/plain")
        assert answer.status_code == 201
        server.clock.now += 1
        return made

    used = post_environment("1")
    lease = server.ledger.leases.find(job, 1)
    assert lease is not None
    said = {"lease": lease.token, "environment": used.id.hex}
    report = bad_report(server, job) | {"dejabuild": said}
    assert post(server, "/api/v1/builds", report, HEAD).status_code == 204
    flood = [post_environment(version) for version in ("2", "3", "4")]
    assert client.get(f"/environments/{used.id}").data == used.text()
    assert client.get(f"/environments/{flood[0].id}").status_code == 404


def test_a_report_for_a_job_of_another_is_not_found(server: RebuildServer) -> None:
    job = claim(server)["id"]
    register(server, key="second")
    for wrong in (job, 999):
        answer = post(server, "/api/v1/builds", bad_report(server, wrong), worker_head("second"))
        assert (answer.status_code, answer.data) == (404, b"")
    assert builds(server) == []


def test_a_good_of_a_stock_worker_without_a_known_original_is_never_good(
    server: RebuildServer,
) -> None:
    job = claim(server)["id"]
    report = bad_report(server, job)
    report["status"] = "GOOD"
    report["artifacts"] = [
        {"name": "hello", "diffoscope": None, "attestation": None, "status": "GOOD"}
    ]
    assert post(server, "/api/v1/builds", report, HEAD).status_code == 204
    [build] = builds(server)
    assert (build["status"], build["reason"]) == ("FAIL", "compare-error")


def test_after_a_fail_the_binary_has_a_build_and_no_artifact(server: RebuildServer) -> None:
    job = claim(server)["id"]
    report = bad_report(server, job) | {"status": "FAIL", "artifacts": []}
    assert post(server, "/api/v1/builds", report, HEAD).status_code == 204
    client = server.app.test_client()
    [binary] = client.get("/api/v1/packages/binary").get_json()["records"]
    assert (binary["status"], binary["artifact_id"]) == (None, None)
    assert binary["build_id"] == builds(server)[0]["id"]
    assert client.get(f"/api/v1/builds/{binary['build_id']}/artifacts").get_json() == []
    # A literal FAIL would make clients of v0 refuse the whole list.
    [package] = client.get("/api/v0/pkgs/list").get_json()
    assert package["status"] == "UNKWN"


def test_a_report_over_the_limit_is_413_and_the_job_stays(ledger_database: Database) -> None:
    server = make_server(ledger_database, limits=Limits(report=10_000))
    job = claim(server)["id"]
    report = bad_report(server, job)
    report["build_log"] = list(bytes(10_000))
    answer = post(server, "/api/v1/builds", report, HEAD)
    assert (answer.status_code, answer.text) == (
        413,
        "JSON payload has exceeded limit (10000 bytes)",
    )
    assert post(server, "/api/v1/builds", bad_report(server, job), HEAD).status_code == 204


def test_the_default_limit_is_64_mib() -> None:
    assert Limits().report == 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"built_at": "2026-11-20T09:28:01Z"}, "not a time"),
        ({"status": "good"}, "not a status"),
        ({"build_log": [256]}, "build_log: not an array of bytes"),
        ({"build_log": "text"}, "build_log: expected an array of bytes"),
        ({"queue_id": "1"}, "queue_id: expected an integer, got text"),
        ({"artifacts": [{"name": "x"}]}, "artifacts[0].status"),
    ],
)
def test_a_report_of_another_shape_is_refused_by_name(
    server: RebuildServer, change: dict[str, Any], says: str
) -> None:
    register(server)
    answer = post(server, "/api/v1/builds", bad_report(server, 1) | change, HEAD)
    assert answer.status_code == 400
    assert answer.text.startswith("Json deserialize error: ")
    assert says in answer.text


def test_a_log_that_is_no_frame_is_400_and_loses_nothing(server: RebuildServer) -> None:
    job = claim(server)["id"]
    frame = zstandard.ZstdCompressor().compress(b"log" * 1000)
    report = bad_report(server, job) | {"build_log": list(frame[:-5])}
    answer = post(server, "/api/v1/builds", report, HEAD)
    assert answer.status_code == 400
    assert "cut off" in answer.text
    assert post(server, "/api/v1/builds", bad_report(server, job), HEAD).status_code == 204


def test_naive_times_come_back_as_they_came(server: RebuildServer) -> None:
    job = claim(server)["id"]
    began = naive_time(server.clock.now)
    server.clock.now += 300
    report = bad_report(server, job) | {"built_at": "2026-11-20T09:28:01.501613133"}
    post(server, "/api/v1/builds", report, HEAD)
    [build] = builds(server)
    assert build["built_at"].startswith("2026-11-20T09:28:01.50161")
    assert build["started_at"] == began


def test_strange_but_valid_values_are_taken_and_never_a_server_error(
    server: RebuildServer,
) -> None:
    """A worker's words come from builds of strangers."""
    job = claim(server)["id"]
    report = bad_report(server, job)
    report["artifacts"][0] |= {"sha256": "a" * 64, "size": 2**63 - 1}
    report["dejabuild"] = {
        "lease": "lease-1",
        "detail": "nul \0, line\nbreak, \u202e reversed, " + "x" * 5000,
        "strategy": "s\0",
        "added": ["a=1\0"],
        "phases": {"build\0": -1.5, "other": 1e300},
        "worker_version": "\0",
    }
    assert post(server, "/api/v1/builds", report, HEAD).status_code == 204
    page = server.app.test_client().get(f"/attempts/{builds(server)[0]['id']}")
    assert page.status_code == 200
    report["artifacts"][0]["size"] = 2**63
    refused = post(server, "/api/v1/builds", report, HEAD)
    assert (refused.status_code, "size" in refused.text) == (400, True)
