# SPDX-License-Identifier: GPL-3.0-or-later
"""What was taken out is given under no address, and every refusal leads to the reason."""

from __future__ import annotations

from typing import Any

import pytest

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.database import Database
from tests.api.archive_server import (
    ArchiveServer,
    Suite,
    binary_stanza,
    deb,
    make_archive_server,
)

RUNS = ["20260101T000000Z", "20260201T000000Z", "20260301T000000Z"]
BAD, LEGAL = deb("bad", "1.0"), deb("legal", "1.0")
NOW = Timestamp.parse("20260401T000000Z")
LEGACY = b"an old list of packages"


def pool(name: str) -> str:
    return f"pool/main/{name[0]}/{name}/{name}_1.0_amd64.deb"


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    made = make_archive_server(shared_database)
    stanzas = [binary_stanza("bad", "1.0"), binary_stanza("legal", "1.0")]
    for number, stamp in enumerate(RUNS):
        index = LEGACY if number == 1 else f"list {number}".encode()
        made.add_run("debian", stamp, {"sid": Suite({"amd64": stanzas}, {"list": index})})
    for data in (BAD, LEGAL):
        made.keep(data)
    removals = made.catalogue.removals
    removals.add("it <eats> data", files=[Digest.of(BAD), Digest.of(LEGACY)], now=NOW)
    removals.add(
        "a court", files=[Digest.of(LEGAL)], runs=[("debian", _at(0))], legal=True, now=NOW
    )
    return made


def _at(number: int) -> Timestamp:
    return Timestamp.parse(RUNS[number])


@pytest.mark.parametrize(
    "address", [f"/file/{Digest.of(BAD)}", f"/archive/debian/{RUNS[1]}/{pool('bad')}"]
)
def test_a_file_that_was_taken_out_is_gone_though_its_bytes_are_here(
    server: ArchiveServer, address: str
) -> None:
    assert server.blobs.contains(Digest.of(BAD))
    answer = server.client.get(address)
    assert answer.status_code == 410
    assert "removal 1): it <eats> data" in answer.text
    assert "/removal/1 " in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_a_court_forbids_is_answered_451(server: ArchiveServer) -> None:
    for address in (f"/file/{Digest.of(LEGAL)}", f"/archive/debian/{RUNS[2]}/{pool('legal')}"):
        answer = server.client.get(address, headers={"Accept": "application/json"})
        assert answer.status_code == 451
        assert "a court" in answer.get_json()["error"]


def test_the_nearest_run_with_another_file_there_is_named(server: ArchiveServer) -> None:
    answer = server.client.get(f"/archive/debian/{RUNS[1]}/dists/sid/list")
    assert answer.status_code == 410
    assert f"/archive/debian/{RUNS[2]}/dists/sid/list" in answer.text
    pooled = server.client.get(f"/archive/debian/{RUNS[1]}/{pool('bad')}")
    assert "nearest run" not in pooled.text


def test_a_run_that_was_taken_out_tells_the_reason_and_the_nearest_run(
    server: ArchiveServer,
) -> None:
    answer = server.client.get(
        f"/archive/debian/{RUNS[0]}/dists/sid/list", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 451
    told = answer.get_json()
    assert (told["reason"], told["removal"]) == ("a court", 2)
    assert told["nearest"] == RUNS[1]
    assert "a court" in server.client.get(f"/archive/debian/{RUNS[0]}/").text


def _json(server: ArchiveServer, address: str) -> Any:
    return server.client.get(address, headers={"Accept": "application/json"}).get_json()


@pytest.mark.parametrize("slash", ["", "/"])
def test_removals_are_listed_and_told_with_every_place(server: ArchiveServer, slash: str) -> None:
    listed = _json(server, f"/removal{slash}")["result"]
    assert [(one["number"], one["files"], one["runs"]) for one in listed] == [(2, 1, 1), (1, 2, 0)]
    told = _json(server, f"/removal/1{slash}")
    assert told["reason"] == "it <eats> data"
    assert told["removed"] == str(NOW)
    places = {one["sha256"]: one["places"] for one in told["files"]}
    assert [place["path"] for place in places[Digest.of(BAD).hex]] == ["/pool/main/b/bad"]
    assert _json(server, f"/removal/2{slash}")["runs"] == [{"archive": "debian", "run": RUNS[0]}]
    page = server.client.get(f"/removal/1{slash}").text
    assert "it &lt;eats&gt; data" in page
    assert pool("bad") in page
    assert '<a href="/removal/1">' in server.client.get(f"/removal{slash}").text


@pytest.mark.parametrize("number", ["0", "3", "x", "-1", "1.0", "99999999999999999999", "%D9%A1"])
def test_a_number_of_no_removal_is_404(server: ArchiveServer, number: str) -> None:
    answer = server.client.get(f"/removal/{number}")
    assert answer.status_code == 404
    assert "/removal/ lists them" in answer.text


def test_where_it_lived_stays_known(server: ArchiveServer) -> None:
    info = _json(server, f"/mr/file/{Digest.of(BAD)}/info")
    assert info["result"][0]["first_seen"] == RUNS[0]
