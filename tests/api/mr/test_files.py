# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a file lived, and its bytes by redirect."""

from __future__ import annotations

import hashlib

import pytest

from snapshot.digest import Digest
from storage.database import Database
from tests.api.archive_server import ArchiveServer
from tests.api.mr.archive import DSC, ORIG, STAMPS, filled_server


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    return filled_server(shared_database)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_every_place_of_a_file_by_either_hash(server: ArchiveServer, algorithm: str) -> None:
    digest = hashlib.new(algorithm, ORIG).hexdigest()
    answer = server.client.get(f"/mr/file/{digest}/info").get_json()
    assert answer["hash"] == digest
    assert answer["sha256"] == Digest.of(ORIG).hex
    assert [(p["suite_name"], p["first_seen"]) for p in answer["result"]] == [
        ("sid", STAMPS[0]),
        ("forky", STAMPS[2]),
    ]


def test_download_redirects_to_the_first_run_and_the_bytes_are_there(
    server: ArchiveServer,
) -> None:
    digest = Digest.of(DSC["1:1.0-2"])
    answer = server.client.get(f"/mr/file/{digest}/download")
    assert answer.status_code == 302
    assert (
        answer.headers["Location"] == f"/archive/debian/{STAMPS[2]}/pool/main/t/tor/tor_1.0-2.dsc"
    )
    assert server.client.get(answer.headers["Location"]).data == DSC["1:1.0-2"]


@pytest.mark.parametrize("name", ["x", "0" * 40, "0" * 64])
def test_an_unknown_file_is_not_there(server: ArchiveServer, name: str) -> None:
    for what in ("info", "download"):
        assert server.client.get(f"/mr/file/{name}/{what}").status_code == 404


def test_bytes_that_lived_in_no_archive_have_no_download(server: ArchiveServer) -> None:
    digest = server.keep(b"a log").digest
    assert server.client.get(f"/mr/file/{digest}/info").get_json()["result"] == []
    answer = server.client.get(f"/mr/file/{digest}/download")
    assert answer.status_code == 404
    assert f"/file/{digest}" in answer.get_json()["try"]
