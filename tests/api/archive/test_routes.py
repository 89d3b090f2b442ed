# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of archives, months and runs, to the letter that scrapers expect."""

from __future__ import annotations

import re

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
    text = server.client.get(f"/archive/debian/?{query}").text
    assert [line for line in text.splitlines() if 'Z/"' in line] == [
        '<a href="20091004T111800Z/">2009-10-04 11:18:00</a><br />',
        '<a href="20091031T235959Z/">2009-10-31 23:59:59</a><br />',
    ]
    # Some take everything that looks like a stamp for a run.
    assert re.findall(r"[0-9]+T[0-9]+Z", text) == STAMPS[:2]


def test_no_other_page_of_lists_shows_what_looks_like_a_stamp(server: ArchiveServer) -> None:
    for address in ("/archive/", "/archive/debian/"):
        assert not re.search(r"[0-9]+T[0-9]+Z", server.client.get(address).text)


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


def test_a_browser_is_refused_with_a_page_and_apt_with_a_line(server: ArchiveServer) -> None:
    for address in ("/archive/nope/", "/archive/debian/19990101T000000Z/x", "/file/xyz"):
        page = server.client.get(address, headers={"Accept": "text/html,*/*;q=0.8"})
        assert (page.status_code, page.mimetype) == (404, "text/html")
        assert "<h1>Not found</h1>" in page.text
        assert "script-src 'self';" in page.headers["Content-Security-Policy"]
        for accept in ("*/*", "text/*", ""):
            line = server.client.get(address, headers={"Accept": accept})
            assert (line.status_code, line.mimetype) == (404, "text/plain")
