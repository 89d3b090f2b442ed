# SPDX-License-Identifier: GPL-3.0-or-later
"""Anybody may ask for an environment; only the operator's tokens say that it is kept."""

from __future__ import annotations

import pytest

from api.archive_services import ArchiveServices
from api.auth import ADMIN_HEADER
from api.services import Limits
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from storage.blobs import MemoryBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from tests.api.archive_server import make_archive_server
from tests.api.rebuild_server import COOKIE, RebuildServer, make_server

ADMIN = {ADMIN_HEADER: COOKIE}


def environment(version: str) -> Environment:
    return Environment("deb", frozenset({Member("a", "amd64", version, Digest.of(b"a"))}))


@pytest.fixture
def server(ledger_database: Database, catalogue_database: Database) -> RebuildServer:
    archive = ArchiveServices(Catalogue(catalogue_database), MemoryBlobs())
    return make_server(ledger_database, limits=Limits(environments=1), archive=archive)


def post(server: RebuildServer, version: str) -> str:
    made = environment(version)
    answer = server.app.test_client().post(
        "/environments", data=made.text(), content_type="text/plain"
    )
    assert answer.status_code == 201
    server.clock.now += 1
    return f"/environments/{made.id}"


def test_what_a_token_holds_outlives_what_strangers_post(server: RebuildServer) -> None:
    client, held = server.app.test_client(), post(server, "1")
    for _ in range(2):
        assert client.put(f"{held}/pins/release-13", headers=ADMIN).status_code == 204
    for version in ("2", "3"):
        post(server, version)
    answer = client.get(held, headers={"Accept": "application/json"})
    assert answer.get_json()["pinned"] is True
    assert client.delete(f"{held}/pins/release-13", headers=ADMIN).status_code == 204
    post(server, "4")
    assert client.get(held).status_code == 404


def test_strangers_pin_nothing_and_let_nothing_go(server: RebuildServer) -> None:
    client, held = server.app.test_client(), post(server, "1")
    client.put(f"{held}/pins/mine", headers=ADMIN)
    for headers in ({}, {ADMIN_HEADER: "guessed"}):
        assert client.put(f"{held}/pins/theirs", headers=headers).status_code == 403
        assert client.delete(f"{held}/pins/mine", headers=headers).status_code == 403
    assert client.get(held, headers={"Accept": "application/json"}).get_json()["pinned"] is True


def test_a_pin_of_nothing_or_of_no_name_is_refused(server: RebuildServer) -> None:
    client, held = server.app.test_client(), post(server, "1")
    unknown = client.put(f"/environments/{'0' * 64}/pins/x", headers=ADMIN)
    assert unknown.status_code == 404
    assert client.put(f"{held}/pins/a%20b", headers=ADMIN).status_code == 400


def test_a_server_of_archives_alone_has_no_operator_to_ask(catalogue_database: Database) -> None:
    server = make_archive_server(catalogue_database)
    address = f"/environments/{environment('1').id}/pins/x"
    assert server.client.put(address, headers=ADMIN).status_code == 403
