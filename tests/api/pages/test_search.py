# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching without a script."""

from __future__ import annotations

import hashlib

import pytest

from tests.api.archive_server import ArchiveServer
from tests.api.pages.page_outline import outline
from tests.api.rebuild_server import RebuildServer


def place(server: ArchiveServer, query: str) -> str | None:
    answer = server.client.get("/search", query_string={"q": query})
    return answer.headers.get("Location")


def test_a_name_leads_to_its_page_and_its_beginning_to_a_list(past: ArchiveServer) -> None:
    assert place(past, "hello") == "/package/hello/"
    assert place(past, " hello-doc ") == "/binary/hello-doc/"
    assert place(past, "") == "/package/"
    listed = outline(past.client.get("/search?q=hel").text)
    for link in ("/package/hello/", "/binary/hello/", "/binary/hello-traditional/"):
        assert link in listed.links
    assert "/package/hello-doc/" not in listed.links


def test_a_hash_leads_to_the_file(past: ArchiveServer) -> None:
    sha1 = hashlib.sha1(b"upstream").hexdigest()
    assert place(past, sha1.upper()) == f"/locations/{sha1}"
    assert place(past, "0" * 64) == "/locations/" + "0" * 64


@pytest.mark.parametrize("query", ["<script>", '"><img src=x>', "%", "'", "\\", "💥", "z" * 9000])
def test_what_was_typed_comes_back_as_text(past: ArchiveServer, query: str) -> None:
    answer = past.client.get("/search", query_string={"q": query})
    assert answer.status_code == 200
    assert "No source or binary package" in answer.text
    page = outline(answer.text)
    assert "img" not in page.seen
    assert len(page.scripts) == 1


def test_what_is_only_to_be_rebuilt_is_found_by_its_exact_name(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    hit = client.get("/search?q=catdoc")
    assert (hit.status_code, hit.headers["Location"]) == (302, "/rebuilds/debian/catdoc")
    miss = client.get("/search?q=<b>")
    assert "No source or binary package" in miss.text
    assert "&lt;b&gt;" in miss.text
    assert client.get("/search").headers["Location"] == "/"
