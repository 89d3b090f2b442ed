# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, versions and files of packages, as snapshot.debian.org says them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from snapshot.digest import Digest
from storage.database import Database
from tests.api.archive_server import (
    ArchiveServer,
    Suite,
    deb,
    make_archive_server,
    source_stanza,
)
from tests.api.mr.archive import DSC, ORIG, STAMPS, filled_server


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    return filled_server(shared_database)


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def get(server: ArchiveServer, address: str) -> Any:
    answer = server.client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_names_and_versions_newest_first(server: ArchiveServer) -> None:
    assert get(server, "/mr/package/")["result"] == [{"package": "tor"}]
    assert get(server, "/mr/package/tor/")["result"] == [
        {"version": "1:1.0-2"},
        {"version": "1.0-1"},
    ]
    assert get(server, "/mr/binary/libtor/")["result"] == [
        {"name": "libtor", "binary_version": "1.0-1+b1", "source": "tor", "version": "1.0-1"},
        {"name": "libtor", "binary_version": "1.0-1", "source": "tor", "version": "1.0-1"},
    ]


def test_a_binary_only_rebuild_belongs_to_the_source_it_was_made_from(
    server: ArchiveServer,
) -> None:
    assert get(server, "/mr/package/tor/1.0-1/binpackages")["result"] == [
        {"name": "libtor", "version": "1.0-1"},
        {"name": "libtor", "version": "1.0-1+b1"},
        {"name": "tor", "version": "1.0-1"},
        {"name": "tor-doc", "version": "1.0-1"},
    ]
    answer = get(server, "/mr/package/tor/1.0-1/binfiles/libtor/1.0-1+b1")
    data = deb("libtor", "1.0-1+b1", source="tor (1.0-1)")
    assert answer["result"] == [{"architecture": "amd64", "hash": sha1(data)}]
    assert "fileinfo" not in answer


def test_a_source_of_which_nothing_was_built_has_no_binaries(
    catalogue_database: Database,
) -> None:
    lonely = make_archive_server(catalogue_database)
    stanza = source_stanza("lonely", "1", {"lonely_1.dsc": b"dsc"})
    lonely.add_run("debian", STAMPS[0], {"sid": Suite({"source": [stanza]})})
    assert get(lonely, "/mr/package/lonely/1/binpackages")["result"] == []


def test_a_tarball_was_there_since_the_first_revision_that_named_it(server: ArchiveServer) -> None:
    answer = get(server, "/mr/package/tor/1:1.0-2/srcfiles?fileinfo=1")
    assert answer["result"] == [{"hash": sha1(DSC["1:1.0-2"])}, {"hash": sha1(ORIG)}]
    sid = [p for p in answer["fileinfo"][sha1(ORIG)] if p["suite_name"] == "sid"]
    assert len(sid) == 1
    assert sid[0] == {
        "archive_name": "debian",
        "name": "tor_1.0.orig.tar.xz",
        "path": "/pool/main/t/tor",
        "size": len(ORIG),
        "first_seen": STAMPS[0],
        "suite_name": "sid",
        "component_name": "main",
        "architecture": "source",
        "timestamp_ranges": [[STAMPS[0], STAMPS[2]]],
        "sha1": sha1(ORIG),
        "sha256": Digest.of(ORIG).hex,
    }
    dsc = answer["fileinfo"][sha1(DSC["1:1.0-2"])]
    assert [place["first_seen"] for place in dsc] == [STAMPS[2]]


def test_ranges_end_at_the_last_stamp_at_which_a_file_was_seen(server: ArchiveServer) -> None:
    data = deb("libtor", "1.0-1", source="tor")
    answer = get(server, "/mr/binary/libtor/1.0-1/binfiles?fileinfo=1")
    places = answer["fileinfo"][sha1(data)]
    assert [place["timestamp_ranges"] for place in places] == [[[STAMPS[0], STAMPS[0]]]]


def test_files_are_named_by_sha256_on_request_or_where_no_sha1_is_known(
    server: ArchiveServer,
) -> None:
    answer = get(server, "/mr/package/tor/1.0-1/srcfiles?hash=sha256&fileinfo=1")
    assert {row["hash"] for row in answer["result"]} == {
        Digest.of(ORIG).hex,
        Digest.of(DSC["1.0-1"]).hex,
    }
    assert set(answer["fileinfo"]) == {row["hash"] for row in answer["result"]}
    unknown = get(server, "/mr/binary/tor/1:1.0-2/binfiles")["result"]
    assert unknown == [{"architecture": "amd64", "hash": Digest.of(deb("tor", "1:1.0-2")).hex}]


def test_all_files_of_a_source_in_one_answer(server: ArchiveServer) -> None:
    answer = get(server, "/mr/package/tor/1.0-1/allfiles?fileinfo=1")
    assert len(answer["result"]["source"]) == 2
    assert [(b["name"], b["version"], len(b["files"])) for b in answer["result"]["binaries"]] == [
        ("libtor", "1.0-1", 1),
        ("libtor", "1.0-1+b1", 1),
        ("tor", "1.0-1", 1),
        ("tor-doc", "1.0-1", 1),
    ]
    assert len(answer["fileinfo"]) == 6


def test_epochs_tildes_and_pluses_may_be_escaped_or_not(server: ArchiveServer) -> None:
    plain = get(server, "/mr/package/tor/1:1.0-2/srcfiles")
    assert get(server, "/mr/package/tor/1%3A1.0-2/srcfiles") == plain
    rebuilt = get(server, "/mr/binary/libtor/1.0-1+b1/binfiles")
    assert get(server, "/mr/binary/libtor/1.0-1%2Bb1/binfiles") == rebuilt


@pytest.mark.parametrize(
    "address",
    [
        "package/nosuch/",
        "package/tor/9/srcfiles",
        "package/tor/9/binpackages",
        "package/tor/9/allfiles",
        "package/tor/1.0-1/binfiles/tor/9",
        "package/other/1.0-1/binfiles/tor/1.0-1",
        "binary/nosuch/",
        "binary/tor/9/binfiles",
        "package/ä/",
    ],
)
def test_what_is_unknown_says_what_to_ask_instead(server: ArchiveServer, address: str) -> None:
    answer = server.client.get(f"/mr/{address}")
    assert answer.status_code == 404
    assert answer.get_json()["error"].startswith("no ")
    assert "/mr/package/<name>/" in answer.get_json()["try"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
