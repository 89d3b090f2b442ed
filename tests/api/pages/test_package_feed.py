# SPDX-License-Identifier: GPL-3.0-or-later
"""The feed of a package is Atom, and names each event for ever."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import datetime

from storage.database import Database
from tests.api.archive_server import ArchiveServer, Suite, make_archive_server, source_stanza

ATOM = "{http://www.w3.org/2005/Atom}"


def feed(server: ArchiveServer, name: str, **more: str) -> ET.Element:
    answer = server.client.get(f"/package/{name}/feed.atom", **more)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
    return ET.fromstring(answer.data)  # our own


def text(element: ET.Element, tag: str) -> str:
    (found,) = element.findall(f"{ATOM}{tag}")
    assert found.text
    return found.text


def test_it_has_what_rfc_4287_demands(past: ArchiveServer) -> None:
    root = feed(past, "hello")
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    for element in (root, *entries):
        assert re.fullmatch(
            r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text(element, "id")
        )
        assert text(element, "title")
        moment = text(element, "updated")
        assert datetime.fromisoformat(moment).tzinfo is not None
    author = root.find(f"{ATOM}author")
    assert author is not None
    assert text(author, "name")
    assert len({text(entry, "id") for entry in entries}) == len(entries) == 28
    moments = [text(entry, "updated") for entry in entries]
    assert moments == sorted(moments, reverse=True)
    assert text(root, "updated") == moments[0]
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links["self"] == "http://localhost/package/hello/feed.atom"
    for entry in entries:
        (link,) = entry.findall(f"{ATOM}link")
        assert link.get("rel") == "alternate"
        assert past.client.get(link.get("href", "")).status_code == 200


def test_versions_come_and_go(past: ArchiveServer) -> None:
    titles = [text(entry, "title") for entry in feed(past, "hello").findall(f"{ATOM}entry")]
    assert titles[-1].startswith("hello 2.10-3 came to")
    assert "hello 1:2.12.2-1 went from sid (debian)" in titles[:2]


def test_events_have_the_same_name_on_every_server_and_after_later_runs(
    past: ArchiveServer, catalogue_database: Database
) -> None:
    mirror = make_archive_server(catalogue_database, base_url="https://other.example")
    for stamp, version in (("20260101T000000Z", "1"), ("20260102T000000Z", "2")):
        files = {f"x_{version}.dsc": version.encode()}
        mirror.add_run(
            "debian", stamp, {"sid": Suite({"source": [source_stanza("x", version, files)]})}
        )
        seen = feed(mirror, "x")
        if version == "1":
            first = seen
    ids = [[text(entry, "id") for entry in one.findall(f"{ATOM}entry")] for one in (first, seen)]
    assert len(ids[1]) == 3
    assert set(ids[0]) < set(ids[1])
    assert text(first, "id") == text(seen, "id") != text(feed(past, "hello"), "id")
    assert "https://other.example/package/x/1/" in {
        link.get("href") for link in seen.iter(f"{ATOM}link")
    }


def test_a_feed_that_did_not_change_is_not_sent_again(past: ArchiveServer) -> None:
    first = past.client.get("/package/hello/feed.atom")
    again = past.client.get(
        "/package/hello/feed.atom", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


def test_a_package_that_nobody_had_has_no_feed(past: ArchiveServer) -> None:
    assert past.client.get("/package/<b>/feed.atom").status_code == 404
