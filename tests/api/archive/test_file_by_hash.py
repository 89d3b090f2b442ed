# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes by what they are."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from api.services import EXTENSION
from snapshot.digest import Digest
from storage.blobs import MemoryBlobs
from storage.database import Database
from tests.api.archive_server import ArchiveServer, make_archive_server

DATA = b"some package"
SHA1, SHA256 = hashlib.sha1(DATA).hexdigest(), Digest.of(DATA).hex


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    made = make_archive_server(shared_database)
    made.keep(DATA)
    return made


@pytest.mark.parametrize(
    "name", [SHA1, SHA256, SHA256.upper(), f"{SHA1}/x.deb", f"{SHA256}/a_1%3a2.deb"]
)
def test_either_hash_names_it_with_or_without_a_name(server: ArchiveServer, name: str) -> None:
    answer = server.client.get(f"/file/{name}")
    assert (answer.status_code, answer.data) == (200, DATA)
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_browser_is_told_the_name_but_no_header_can_be_smuggled_in(server: ArchiveServer) -> None:
    answer = server.client.get(f"/file/{SHA256}/a_1+b2~rc.deb")
    assert answer.headers["Content-Disposition"] == 'inline; filename="a_1+b2~rc.deb"'
    answer = server.client.get(f"/file/{SHA256}/a%22%0d%0aX: y")
    assert "Content-Disposition" not in answer.headers


def test_bytes_that_only_the_store_knows_are_found_by_sha256(server: ArchiveServer) -> None:
    blob = server.blobs.add([b"evidence"])
    assert server.client.get(f"/file/{blob.digest}").data == b"evidence"


@pytest.mark.parametrize(
    "name", ["x", SHA1[1:], "g" * 40, "0" * 40, "0" * 64, hashlib.md5(DATA).hexdigest()]
)
def test_anything_else_is_not_there(server: ArchiveServer, name: str) -> None:
    answer = server.client.get(f"/file/{name}")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_peer_is_given_what_is_stored_and_waits_for_nothing_else(
    server: ArchiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.client.get(f"/file/{SHA256}?stored=1").data == DATA
    pulled: list[Digest] = []
    services = server.app.extensions[EXTENSION]
    emptied = replace(services.archive, blobs=MemoryBlobs(), pull=pulled.append)
    monkeypatch.setitem(server.app.extensions, EXTENSION, replace(services, archive=emptied))
    assert server.client.get(f"/file/{SHA256}?stored=1").status_code == 404
    assert pulled == []
    server.client.get(f"/file/{SHA256}")
    assert pulled == [Digest(SHA256)]
