# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed in a suite, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from snapshot.timestamp import Timestamp
from tests.api.archive_server import ArchiveServer, Suite, binary_stanza, make_archive_server
from tests.api.past_server import FIRST, LAST, STAMPS


def diff(server: ArchiveServer, suite: str = "sid", **query: str) -> dict[str, Any]:
    answer = server.client.get(f"/mr/diff/debian/{suite}", query_string=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def test_versions_and_digests_of_what_changed_between_two_dates(past: ArchiveServer) -> None:
    told = diff(past, **{"from": "20250106", "to": "20250301", "architecture": "amd64"})
    assert (told["from"], told["to"]) == (STAMPS[0], STAMPS[1])
    assert (told["added"], told["removed"], told["described"]) == ([], [], 0)
    hello, traditional = told["changed"]
    assert traditional["name"] == "hello-traditional"
    assert (hello["name"], hello["architecture"], hello["indices"]) == ("hello", "amd64", ["amd64"])
    assert [one["version"] for one in hello["before"] + hello["after"]] == ["2.10-3", "2.10-4"]
    assert len(hello["after"][0]["sha256"][0]) == 64
    assert told["compared"] == [{"component": "main", "architecture": "amd64"}]


def test_without_dates_it_is_the_newest_run_against_the_one_before(past: ArchiveServer) -> None:
    told = diff(past)
    assert (told["from"], told["to"]) == (STAMPS[-2], LAST)
    assert {one["name"] for one in told["changed"]} == {"hello", "hello-doc", "hello-traditional"}


def test_a_suite_that_only_one_run_has_is_not_said_to_be_empty(past: ArchiveServer) -> None:
    told = diff(past, "trixie", **{"from": FIRST, "to": "now"})
    assert told["removed"] == []
    assert len(told["only_from"]) == 3
    assert told["compared"] == told["only_to"] == []


def test_the_next_address_goes_on_until_all_is_told(past: ArchiveServer) -> None:
    address, names = f"/mr/diff/debian/sid?from={FIRST}&to={LAST}&limit=1", []
    while address:
        told = past.client.get(address).get_json()
        names.append({one["name"] for one in told["changed"]})
        address = told["next"]
    assert names == [{"hello"}, {"hello-doc"}, {"hello-traditional"}]


def test_another_name_of_a_suite_will_do_while_it_means_one(shared_database: Any) -> None:
    server = make_archive_server(shared_database)
    for stamp, stable in (
        ("20260101T000000Z", "a"),
        ("20260102T000000Z", "a"),
        ("20260103T000000Z", "b"),
    ):
        suites = {
            name: Suite(
                {"amd64": [binary_stanza("x", stamp)]}, aliases=("stable",) * (name == stable)
            )
            for name in ("a", "b")
        }
        server.add_run("debian", stamp, suites)
    told = diff(server, "stable", **{"from": "20260101", "to": "20260102T000000Z"})
    assert (told["suite"], len(told["changed"])) == ("a", 1)
    moved = server.client.get("/mr/diff/debian/stable?from=20260101T000000Z&to=now")
    assert moved.status_code == 400
    assert moved.get_json()["try"] == "name one of them: a, b"


@pytest.mark.parametrize(
    ("suite", "addresses"),
    [
        ("./", ["/mr/diff/flat", "/mr/diff/flat/", "/mr/diff/flat/.", "/mr/diff/flat/./"]),
        ("deep/down/", ["/mr/diff/flat/deep/down", "/mr/diff/flat/deep/down/"]),
    ],
)
def test_a_flat_repository_is_compared_by_each_way_to_write_it(
    shared_database: Any, suite: str, addresses: list[str]
) -> None:
    server = make_archive_server(shared_database)
    for number in (1, 2):
        held = [binary_stanza(name, str(number)) for name in ("x", "y")]
        server.add_run("flat", f"2026040{number}T000000Z", {suite: Suite({"all": held})})
    for address in addresses:
        told = server.client.get(f"{address}?limit=1").get_json()
        assert (told["suite"], [one["name"] for one in told["changed"]]) == (suite, ["x"])
        told = server.client.get(told["next"]).get_json()
        assert (told["suite"], [one["name"] for one in told["changed"]]) == (suite, ["y"])
        assert told["next"] is None


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/mr/diff/debian", 404),
        ("/mr/diff/nope", 404),
        ("/mr/diff/nope/sid", 404),
        ("/mr/diff/debian/nope", 404),
        ("/mr/diff/debian/sid?component=nope", 404),
        ("/mr/diff/debian/sid?architecture='; DROP TABLE runs; --", 404),
        ("/mr/diff/debian/..%2f..%2fetc", 404),
        (f"/mr/diff/debian/sid?from={LAST}&to={FIRST}", 400),
        (f"/mr/diff/debian/sid?to={FIRST}", 404),
        ("/mr/diff/debian/sid?from=19990101", 404),
        ("/mr/diff/debian/sid?from=20261399T000000Z", 404),
        ("/mr/diff/debian/sid?to=%3Cscript%3E", 404),
        ("/mr/diff/debian/sid?limit=0", 400),
        ("/mr/diff/debian/sid?limit=-1", 400),
        ("/mr/diff/debian/sid?limit=10001", 400),
        ("/mr/diff/debian/sid?limit=99999999999999999999999", 400),
        ("/mr/diff/debian/sid?limit=%D9%A3", 400),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_try(
    past: ArchiveServer, address: str, status: int
) -> None:
    answer = past.client.get(address)
    assert answer.status_code == status
    assert answer.get_json()["error"]
    assert answer.get_json()["try"]


def test_a_removed_run_still_says_what_it_held(shared_database: Any) -> None:
    server = make_archive_server(shared_database)
    for number, version in ((1, "1"), (2, "2"), (3, "3")):
        held = Suite({"amd64": [binary_stanza("x", version)]})
        server.add_run("kept", f"2026020{number}T000000Z", {"sid": held})
    first = Timestamp.parse("20260201T000000Z")
    server.catalogue.remove_runs("kept", [first], now=Timestamp.parse("20260301"))
    answer = server.client.get("/mr/diff/kept/sid?from=20260201T000000Z&to=20260202T000000Z")
    (change,) = answer.get_json()["changed"]
    assert (change["before"][0]["version"], change["after"][0]["version"]) == ("1", "2")
