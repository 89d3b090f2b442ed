# SPDX-License-Identifier: GPL-3.0-or-later
"""Stored build records by source, version, digest and artifact."""

from __future__ import annotations

import hashlib

import pytest

from snapshot.digest import Digest
from snapshot.record import read_record
from storage.database import Database
from storage.keep_record import keep_record
from tests.api.archive_server import ArchiveServer, make_archive_server
from tests.api.mr.test_buildinfo import record

ARTIFACT = "a" * 64
OLD = record("tor (= 1.0-1)", version="1.0-1")
NEW = record("tor (= 1.0-1)")


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    made = make_archive_server(shared_database)
    for data, name, origin in (
        (OLD, "tor_1.0-1_amd64.buildinfo", "https://records.example/tor_1.0-1_amd64.buildinfo"),
        (NEW, "tor_1.0-2_amd64.buildinfo", "file:///srv/secret/tor_1.0-2_amd64.buildinfo"),
    ):
        read = read_record(data)
        keep_record(made.catalogue, made.blobs, read, data, name=name, origin=origin)
    return made


@pytest.mark.parametrize("slash", ["", "/"])
def test_records_of_a_source_and_of_one_version(server: ArchiveServer, slash: str) -> None:
    of_all = server.client.get(f"/mr/buildinfos/tor{slash}").get_json()
    assert [one["source_version"] for one in of_all["result"]] == ["1.0-1", "1:1.0-2"]
    (one,) = server.client.get(f"/mr/buildinfos/tor/1:1.0-2{slash}").get_json()["result"]
    assert (one["sha256"], one["signature"]) == (Digest.of(NEW).hex, "unsigned")
    assert server.client.get(one["url"].removeprefix("http://localhost")).data == NEW
    assert (of_all["result"][0]["origin"][:6], one["origin"]) == ("https:", "file")


def test_a_record_by_its_digest_says_what_it_built(server: ArchiveServer) -> None:
    one = server.client.get(f"/mr/buildinfo/{Digest.of(OLD)}").get_json()
    assert (one["name"], one["built"]) == ("tor_1.0-1_amd64.buildinfo", [ARTIFACT])
    sha1 = hashlib.sha1(OLD).hexdigest()
    assert server.client.get(f"/mr/buildinfo/{sha1}").get_json() == one


def test_an_artifact_leads_to_its_records_though_no_index_names_it(server: ArchiveServer) -> None:
    found = server.client.get(f"/mr/file/{ARTIFACT}/buildinfos").get_json()
    assert [one["source_version"] for one in found["result"]] == ["1.0-1", "1:1.0-2"]


@pytest.mark.parametrize(
    "path",
    [
        "/mr/buildinfos/nosuch",
        "/mr/buildinfos/tor/9",
        f"/mr/buildinfo/{'b' * 64}",
        f"/mr/buildinfo/{'b' * 40}",
        "/mr/buildinfo/tor",
        f"/mr/buildinfo/{'A' * 64}",
        f"/mr/file/{'b' * 64}/buildinfos",
        "/mr/file/..%2f..%2fetc/buildinfos",
        f"/mr/buildinfos/{'x' * 3000}/1",
    ],
)
def test_what_is_not_here_is_a_short_404(server: ArchiveServer, path: str) -> None:
    answer = server.client.get(path)
    assert answer.status_code == 404
    assert len(answer.data) < 700
    assert answer.get_json()["error"]
