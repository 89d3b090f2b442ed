# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of archives, months and runs, to the letter that scrapers expect."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.api.archive_server import ArchiveServer, Suite, binary_stanza, make_archive_server

STAMPS = ["20091004T111800Z", "20091031T235959Z", "20101101T000000Z"]


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    made = make_archive_server(shared_database)
    for stamp in STAMPS:
        made.add_run("debian", stamp, {"sid": Suite({"amd64": [binary_stanza("a", stamp)]})})
    return made


def test_months_are_exactly_the_lines_that_scrapers_look_for(server: ArchiveServer) -> None:
    lines = server.client.get("/archive/debian/").text.splitlines()
    assert [line for line in lines if "month" in line and "href" in line] == [
        '<a href="./?year=2009&amp;month=10">10</a>',
        '<a href="./?year=2010&amp;month=11">11</a>',
    ]


@pytest.mark.parametrize(
    "query", ["year=2009&month=10", "year=2009;month=10", "month=10&year=2009"]
)
def test_runs_are_exactly_the_lines_that_scrapers_look_for(
    server: ArchiveServer, query: str
) -> None:
    lines = server.client.get(f"/archive/debian/?{query}").text.splitlines()
    assert [line for line in lines if "href" in line] == [
        '<a href="20091004T111800Z/">2009-10-04 11:18:00</a><br />',
        '<a href="20091031T235959Z/">2009-10-31 23:59:59</a><br />',
    ]


@pytest.mark.parametrize(
    "query", ["year=2009&month=11", "year=2009&month=13", "year=2009", "month=1"]
)
def test_a_month_without_runs_is_not_there(server: ArchiveServer, query: str) -> None:
    answer = server.client.get(f"/archive/debian/?{query}")
    assert answer.status_code == 404
    assert "/archive/debian/ lists the months" in answer.text


def test_all_of_it_is_json_when_asked_by_name(server: ArchiveServer) -> None:
    json = {"Accept": "application/json"}
    assert server.client.get("/archive/", headers=json).get_json() == {"result": ["debian"]}
    assert server.client.get("/archive/debian/", headers=json).get_json()["result"] == STAMPS
    month = server.client.get("/archive/debian/?year=2010&month=11", headers=json)
    assert month.get_json()["result"] == STAMPS[2:]


def test_archives_are_listed_and_an_unknown_one_names_them(server: ArchiveServer) -> None:
    assert '<a href="debian/">debian</a>' in server.client.get("/archive/").text
    answer = server.client.get("/archive/ubuntu/")
    assert (answer.status_code, "debian" in answer.text) == (404, True)


def test_an_empty_server_says_how_to_begin(catalogue_database: Database) -> None:
    answer = make_archive_server(catalogue_database).client.get("/archive/debian/")
    assert answer.status_code == 404
    assert "dejabuild mirror sync" in answer.text


def test_stamps_come_one_a_line(server: ArchiveServer) -> None:
    assert server.client.get("/by-timestamp/debian.txt").text.split() == STAMPS


def test_apt_is_told_this_servers_address(server: ArchiveServer) -> None:
    text = server.client.get("/client/apt.conf", base_url="https://snap.example/x/").text
    assert 'Origin::Debian "https://snap.example/x/archive/debian/@SNAPSHOTID@/";' in text
