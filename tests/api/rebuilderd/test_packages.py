# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from snapshot.public_key import public_from_pem
from tests.api.rebuild_server import KEYS, RebuildServer
from tests.api.rebuilderd.wire import ADMIN, ONE_PACKAGE, bad_report, claim, post, worker_head

THRESHOLD = {"User-Agent": "repro-threshold/0.1.2 (+https://example.org)"}


def test_a_voting_client_is_given_only_artifacts_that_have_an_attestation(
    lively: RebuildServer,
) -> None:
    """One 404 would make repro-threshold throw every vote of this server away."""
    client = lively.app.test_client()
    every = client.get("/api/v1/packages/binary").get_json()["records"]
    voting = client.get("/api/v1/packages/binary", headers=THRESHOLD).get_json()["records"]
    assert {r["name"] for r in every if r["artifact_id"]} >= {"catdoc", "libsub-name-perl"}
    good = {r["name"] for r in voting if r["artifact_id"]}
    assert good == {"catdoc", "distro-info-data", "what-is-python", "base-files"}
    for record in voting:
        if record["artifact_id"] is not None:
            path = f"/api/v1/builds/{record['build_id']}/artifacts/{record['artifact_id']}"
            assert client.get(f"{path}/attestation", headers=THRESHOLD).status_code == 200
    one = next(r for r in every if r["name"] == "libsub-name-perl")
    path = f"/api/v1/packages/binary/{one['id']}"
    assert client.get(path, headers=THRESHOLD).get_json()["artifact_id"] is None
    assert client.get(path).get_json()["artifact_id"] == one["artifact_id"]


def test_a_deb_of_all_is_found_by_its_own_architecture(lively: RebuildServer) -> None:
    query = "/api/v1/packages/binary?name=distro-info-data&version=0.58%2Bdeb12u4&architecture="
    client = lively.app.test_client()
    assert client.get(query + "all").get_json()["total"] == 1
    assert client.get(query + "amd64").get_json()["total"] == 0


def test_a_package_that_we_mirror_has_an_address_here(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    [record] = client.get("/api/v1/packages/binary?name=catdoc").get_json()["records"]
    assert record["url"].startswith("http://localhost/file/")
    assert record["url"].endswith("/catdoc_0.95-6_amd64.deb")


def test_what_the_last_sync_did_not_list_is_unseen(server: RebuildServer) -> None:
    client = server.app.test_client()
    post(server, "/api/v1/packages", ONE_PACKAGE, ADMIN)
    server.clock.now += 60
    post(server, "/api/v1/packages", ONE_PACKAGE | {"packages": []}, ADMIN)
    assert client.get("/api/v1/packages/source?seen_only=true").get_json()["total"] == 0
    assert client.get("/api/v1/packages/source?seen_only=false").get_json()["total"] == 1
    assert client.get("/api/v1/packages/source").get_json()["total"] == 1
    assert client.get("/api/v1/queue").get_json()["total"] == 0
    assert client.get("/api/v1/meta/distributions?seen_only=true").get_json() == []


def test_a_release_of_null_is_a_hyphen_in_addresses(server: RebuildServer) -> None:
    post(server, "/api/v1/packages", ONE_PACKAGE | {"release": None}, ADMIN)
    client = server.app.test_client()
    base = "/api/v1/meta/distributions/debian/releases"
    assert client.get(base).get_json() == [None]
    assert client.get(f"{base}/-/architectures").get_json() == ["amd64"]
    assert client.get(f"{base}/sid/architectures").get_json() == []


def test_pages_go_on_behind_the_last_record(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    names: list[str] = []
    after = ""
    while True:
        query = f"/api/v1/packages/binary?limit=3&sort=name{after}"
        page = client.get(query).get_json()
        assert page["total"] == 8
        if not page["records"]:
            break
        names += [record["name"] for record in page["records"]]
        after = f"&after={page['records'][-1]['id']}"
    assert names == sorted(names)
    assert len(names) == 8
    assert client.get("/api/v1/packages/binary?limit=0").get_json() == {"total": 8, "records": []}


def test_the_public_key_has_the_odd_form_that_clients_accept(server: RebuildServer) -> None:
    body = server.app.test_client().get("/api/v1/meta/public-keys").get_json()
    [pem] = body["current"]
    assert pem.startswith("-----BEGIN PUBLIC KEY-----\r\nMCwwBwYDK2VwBQADIQ")
    assert public_from_pem(pem) == KEYS.good.public


def test_v0_lists_are_of_three_states_and_complete(server: RebuildServer) -> None:
    job = claim(server)["id"]
    post(server, "/api/v1/builds", bad_report(server, job), worker_head())
    [record] = server.app.test_client().get("/api/v0/pkgs/list").get_json()
    assert set(record) == {
        "name", "version", "status", "distro", "suite", "architecture", "artifact_url",
        "build_id", "built_at", "has_diffoscope", "has_attestation",
    }  # fmt: skip
    assert (record["status"], record["suite"]) == ("BAD", "main")
