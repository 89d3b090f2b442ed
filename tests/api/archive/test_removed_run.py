# SPDX-License-Identifier: GPL-3.0-or-later
"""A removed run is answered 410 and the nearest kept ones are named; no other run stands in."""

from __future__ import annotations

import pytest

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import BlobState
from storage.database import Database
from tests.api.archive_server import (
    ArchiveServer,
    Suite,
    binary_stanza,
    deb,
    make_archive_server,
)

RUNS = ["20260101T000000Z", "20260110T000000Z", "20260112T000000Z", "20260201T000000Z"]
GONE, ALIAS = RUNS[1], "20260110T060000Z"
NEAREST = RUNS[2]
POOL = "pool/main/a/apt/apt_{}_amd64.deb"


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    """Four runs of one package in as many versions; the second and its bytes are removed."""
    made = make_archive_server(shared_database)
    for number, stamp in enumerate(RUNS):
        made.keep(deb("apt", f"{number}.0"))
        made.add_run(
            "debian",
            stamp,
            {"sid": Suite({"amd64": [binary_stanza("apt", f"{number}.0")]})},
            aliases=(ALIAS,) if stamp == GONE else (),
        )
    made.catalogue.remove_runs(
        "debian", [Timestamp.parse(GONE)], now=Timestamp.parse("20260301T000000Z")
    )
    digest = Digest.of(deb("apt", "1.0"))
    made.catalogue.set_blob_state([digest], BlobState.REMOVED)
    made.blobs.delete(digest)
    return made


@pytest.mark.parametrize("date", [GONE, ALIAS, "20260111", "20260110T000001Z"])
@pytest.mark.parametrize("path", ["dists/sid/InRelease", POOL.format("1.0"), "dists/", ""])
def test_every_date_that_meant_a_removed_run_is_gone(
    server: ArchiveServer, date: str, path: str
) -> None:
    answer = server.client.get(f"/archive/debian/{date}/{path}")
    assert answer.status_code == 410
    assert answer.headers["Cache-Control"] == "no-store"
    plain = path.rstrip("/")
    assert f'</archive/debian/{NEAREST}/{plain}>; rel="alternate"' in answer.headers["Link"]
    assert (
        f'</archive/debian/{RUNS[0]}/{plain}>; rel="predecessor-version"'
        in (answer.headers["Link"])
    )
    assert f"/archive/debian/{NEAREST}/{plain}" in answer.text
    assert "was removed on 20260301T000000Z" in answer.text


def test_a_program_is_told_in_json(server: ArchiveServer) -> None:
    answer = server.client.get(
        f"/archive/debian/{GONE}/dists/sid/InRelease", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 410
    assert answer.json is not None
    told = {key: answer.json[key] for key in ("run", "removed", "before", "after", "nearest")}
    assert told == {
        "run": GONE,
        "removed": "20260301T000000Z",
        "before": RUNS[0],
        "after": RUNS[2],
        "nearest": NEAREST,
    }


def test_dates_of_kept_runs_give_what_they_gave(server: ArchiveServer) -> None:
    for date, number in ((RUNS[0], 0), ("20260109", 0), ("20260113", 2), ("now", 3)):
        answer = server.client.get(f"/archive/debian/{date}/{POOL.format(f'{number}.0')}")
        assert (answer.status_code, answer.data) == (200, deb("apt", f"{number}.0"))


def test_a_removed_run_is_in_no_list(server: ArchiveServer) -> None:
    assert GONE not in server.client.get("/archive/debian/?year=2026&month=1").text
    assert GONE not in server.client.get("/by-timestamp/debian.txt").text
    assert GONE not in server.client.get("/mr/timestamp/").text
    nearest = server.client.get("/mr/timestamp/debian/20260111").json
    assert nearest is not None
    assert nearest["result"] == RUNS[0]


def test_where_a_version_lived_is_remembered(server: ArchiveServer) -> None:
    digest = Digest.of(deb("apt", "1.0"))
    answer = server.client.get(f"/mr/file/{digest}/info").json
    assert answer is not None
    (place,) = answer["result"]
    assert place["timestamp_ranges"] == [[GONE, GONE]]
    listed = server.client.get("/mr/binary/apt/").json
    assert listed is not None
    assert "1.0" in [one["binary_version"] for one in listed["result"]]


@pytest.mark.parametrize(
    "address", [f"/file/{Digest.of(deb('apt', '1.0'))}", f"/archive/debian/{NEAREST}/{POOL}"]
)
def test_bytes_that_only_removed_runs_had_are_gone(server: ArchiveServer, address: str) -> None:
    answer = server.client.get(address.format("1.0"))
    assert answer.status_code == 410
    assert answer.headers["Cache-Control"] == "no-store"
    assert "/mr/file/" in answer.text


def test_bytes_that_are_stored_again_are_served_again(server: ArchiveServer) -> None:
    server.keep(deb("apt", "1.0"))
    answer = server.client.get(f"/file/{Digest.of(deb('apt', '1.0'))}")
    assert (answer.status_code, answer.data) == (200, deb("apt", "1.0"))
