# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from snapshot.digest import Digest
from storage.ledger.values import NewEvidence
from tests.api.archive_server import NOW
from tests.api.dejabuild.conftest import Whole
from tests.api.lively_server import DIFF
from tests.api.rebuild_server import RebuildServer
from tests.api.rebuilderd.wire import ADMIN, ONE_PACKAGE, claim, post


def target_of(server: RebuildServer, source: str) -> dict[str, Any]:
    [target] = server.ledger.targets.of_source(source)
    answer = server.app.test_client().get(f"/api/dejabuild/v1/targets/{target.id}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.get_json()
    return body


def test_a_judged_target_shows_digests_origin_phases_and_evidence(lively: RebuildServer) -> None:
    body = target_of(lively, "libsub-name-perl")
    assert (body["state"], body["status"], body["reason"]) == ("done", "BAD", None)
    [attempt] = body["attempts"]
    assert attempt["id"] == body["newest_attempt"]
    assert attempt["phases"] == {"download": 0.8, "environment": 1.4, "build": 11.2, "compare": 0.3}
    [artifact] = attempt["artifacts"]
    assert (artifact["status"], artifact["origin"]) == ("BAD", "index")
    assert artifact["sha256"] != artifact["original_sha256"]
    assert artifact["attestation"] is None
    client = lively.app.test_client()
    assert client.get(artifact["diffoscope"]).text == DIFF
    for piece in attempt["evidence"]:
        assert Digest.of(client.get(piece["url"]).data).hex == piece["sha256"]
    one = client.get(f"/api/dejabuild/v1/attempts/{attempt['id']}").get_json()
    assert one == attempt


def test_a_good_target_links_its_attestation(lively: RebuildServer) -> None:
    [attempt] = target_of(lively, "catdoc")["attempts"]
    link = lively.app.test_client().get(attempt["artifacts"][0]["attestation"]).get_json()
    assert link["signed"]["name"] == "rebuild catdoc_0.95-6_amd64.deb"


def test_states_of_a_target_on_its_way(server: RebuildServer) -> None:
    post(server, "/api/v1/packages", ONE_PACKAGE, ADMIN)
    assert target_of(server, "hello")["state"] == "queued"
    job = claim(server)["id"]
    running = target_of(server, "hello")
    assert (running["state"], [j["id"] for j in running["jobs"]]) == ("running", [job])
    server.app.test_client().delete("/api/v1/queue", headers=ADMIN)
    assert target_of(server, "hello")["state"] == "idle"


def test_a_verdict_stands_while_its_retry_waits(lively: RebuildServer) -> None:
    body = target_of(lively, "libsub-name-perl")
    assert [job["state"] for job in body["jobs"]] == ["waiting"]
    assert body["state"] == "done"


@pytest.mark.parametrize(
    "path", ["targets/999", "attempts/999", "attempts/1/evidence/999", "targets/99999999999"]
)
def test_what_is_not_there_is_404(lively: RebuildServer, path: str) -> None:
    assert lively.app.test_client().get(f"/api/dejabuild/v1/{path}").status_code == 404


def test_a_page_that_a_worker_sent_runs_no_script(server: RebuildServer) -> None:
    job = claim(server)["id"]
    worker = server.ledger.workers.page().records[0]
    blob = server.services.blobs.add([b"<script>alert(1)</script>"])
    server.ledger.attempts.add_evidence(
        job,
        worker.id,
        NewEvidence("diffoscope-html", "", blob.digest, blob.size, "identity", blob.digest),
        now=server.clock.now,
    )
    body = {
        "queue_id": job, "built_at": "2026-11-20T09:26:44", "build_log": [], "status": "FAIL",
        "artifacts": [],
    }  # fmt: skip
    head = {"X-Worker-Key": worker.key}
    assert post(server, "/api/v1/builds", body, head).status_code == 204
    [attempt] = target_of(server, "hello")["attempts"]
    pieces = {piece["kind"]: piece["url"] for piece in attempt["evidence"]}
    answer = server.app.test_client().get(pieces["diffoscope-html"])
    assert answer.mimetype == "text/html"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_an_artifact_that_was_taken_out_of_the_archives_is_no_evidence_either(
    whole: Whole,
) -> None:
    server, archive = whole.rebuild, whole.archive
    job = claim(server)["id"]
    worker = server.ledger.workers.page().records[0]
    blob = archive.blobs.add([b"a package that a worker sends"])
    evidence = NewEvidence("artifact", "a.deb", blob.digest, blob.size, "identity", blob.digest)
    server.ledger.attempts.add_evidence(job, worker.id, evidence, now=server.clock.now)
    body = {
        "queue_id": job, "built_at": "2026-11-20T09:26:44", "build_log": [], "status": "FAIL",
        "artifacts": [],
    }  # fmt: skip
    assert post(server, "/api/v1/builds", body, {"X-Worker-Key": worker.key}).status_code == 204
    [attempt] = target_of(server, "hello")["attempts"]
    [url] = [piece["url"] for piece in attempt["evidence"] if piece["kind"] == "artifact"]
    assert server.app.test_client().get(url).status_code == 200
    archive.catalogue.removals.add("it eats data", files=[blob.digest], now=NOW)
    answer = server.app.test_client().get(url)
    assert answer.status_code == 410
    assert "it eats data" in answer.text
