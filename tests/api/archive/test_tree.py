# SPDX-License-Identifier: GPL-3.0-or-later
"""Dated archives: every file in place, every directory at its own address."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.api.archive_server import (
    ArchiveServer,
    Suite,
    binary_stanza,
    deb,
    make_archive_server,
)

OLD, NEW = "20260101T000000Z", "20260201T060000Z"
POOL = "pool/main/a/apt/apt_2.0+b1_amd64.deb"


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    made = make_archive_server(shared_database)
    made.keep(deb("apt", "2.0+b1"))
    made.add_run("debian", OLD, {"sid": Suite({"amd64": [binary_stanza("apt", "1:1.0")]})})
    made.add_run(
        "debian",
        NEW,
        {
            "sid": Suite(
                {"amd64": [binary_stanza("apt", "2.0+b1")], "all": []}, aliases=("unstable",)
            )
        },
        aliases=("20260201T120000Z",),
    )
    return made


@pytest.mark.parametrize("date", [NEW, "20260201T120000Z", "20260202", "20260301T000000Z", "now"])
def test_a_file_is_answered_in_place_under_every_date_that_means_its_run(
    server: ArchiveServer, date: str
) -> None:
    answer = server.client.get(f"/archive/debian/{date}/{POOL}")
    assert (answer.status_code, answer.data) == (200, deb("apt", "2.0+b1"))
    assert answer.headers["X-Snapshot-Run"] == NEW


def test_only_a_stamp_of_the_run_itself_is_immutable(server: ArchiveServer) -> None:
    exact = server.client.get(f"/archive/debian/{NEW}/{POOL}")
    assert "immutable" in exact.headers["Cache-Control"]
    assert "Link" not in exact.headers
    for date in ("now", "20260301", "20260301T000000Z"):
        inexact = server.client.get(f"/archive/debian/{date}/{POOL}")
        assert inexact.headers["Cache-Control"] == "no-cache"
        assert inexact.headers["X-Snapshot-Provisional"] == "1"
        assert (
            inexact.headers["Link"]
            == f'</archive/debian/{NEW}/pool/main/a/apt/apt_2.0%2Bb1_amd64.deb>; rel="canonical"'
        )
    between = server.client.get("/archive/debian/20260115/dists/sid/InRelease")
    assert between.headers["Cache-Control"] == "no-cache"
    assert "X-Snapshot-Provisional" not in between.headers


def test_metadata_is_that_of_the_run_by_name_alias_and_hash(server: ArchiveServer) -> None:
    old = server.client.get(f"/archive/debian/{OLD}/dists/sid/main/binary-amd64/Packages")
    new = server.client.get(f"/archive/debian/{NEW}/dists/unstable/main/binary-amd64/Packages")
    assert b"Version: 1:1.0" in old.data
    assert b"Version: 2.0+b1" in new.data
    digest = new.headers["ETag"].strip('"')
    by_hash = f"/archive/debian/{NEW}/dists/sid/main/binary-amd64/by-hash/SHA256/{digest}"
    # apt asks for names without a dot with Accept: text/*, and must get them.
    assert server.client.get(by_hash, headers={"Accept": "text/*"}).data == new.data
    other = f"/archive/debian/{OLD}/dists/sid/main/binary-amd64/by-hash/SHA256/{digest}"
    assert server.client.get(other).status_code == 404


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("now/", f"{NEW}/"),
        ("20260115/dists/", f"{OLD}/dists/"),
        (f"{OLD}/dists", f"{OLD}/dists/"),
        (f"{OLD}", f"{OLD}/"),
        ("20260201T120000Z/dists", "20260201T120000Z/dists/"),
        ("20260301/pool/main", f"{NEW}/pool/main/"),
    ],
)
def test_directories_redirect_to_their_own_address(
    server: ArchiveServer, address: str, target: str
) -> None:
    answer = server.client.get(f"/archive/debian/{address}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/archive/debian/{target}"
    assert server.client.head(f"/archive/debian/{target}").status_code == 200


def test_a_server_below_a_prefix_redirects_below_it(server: ArchiveServer) -> None:
    answer = server.client.get("/archive/debian/now/", environ_overrides={"SCRIPT_NAME": "/mirror"})
    assert answer.headers["Location"] == f"/mirror/archive/debian/{NEW}/"


def test_a_listing_shows_what_was_present(server: ArchiveServer) -> None:
    top = server.client.get(f"/archive/debian/{NEW}/").text
    assert '<a href="dists/">' in top
    assert '<a href="pool/">' in top
    dists = server.client.get(f"/archive/debian/{NEW}/dists/").text
    assert "unstable" in dists
    assert '-&gt; <a href="sid/">sid</a>' in dists
    pool = server.client.get(f"/archive/debian/{NEW}/pool/main/a/apt/").text
    assert '<a href="apt_2.0%2Bb1_amd64.deb">apt_2.0+b1_amd64.deb</a>' in pool
    assert "apt_1.0_amd64.deb" not in pool


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ubuntu/now/", "there are: debian"),
        ("debian/20251231T235959Z/", "no run of debian at or before 20251231T235959Z"),
        ("debian/20260230/", "no such moment"),
        ("debian/2026/", "not a timestamp"),
        ("debian/now/nosuch", "no 'nosuch' in debian"),
        ("debian/now/pool/../dists/sid/InRelease", "not a safe path"),
        ("debian/now/pool//main", "not a safe path"),
        ("debian/now/%2e%2e/etc/passwd", "not a safe path"),
    ],
)
def test_what_is_not_there_is_explained_and_not_cached(
    server: ArchiveServer, address: str, words: str
) -> None:
    answer = server.client.get(f"/archive/{address}")
    assert answer.status_code == 404
    assert words in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_file_that_is_known_and_not_mirrored_says_so(server: ArchiveServer) -> None:
    answer = server.client.get(f"/archive/debian/{OLD}/pool/main/a/apt/apt_1.0_amd64.deb")
    assert answer.status_code == 404
    assert "not mirrored here" in answer.text
