# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from tests.api.rebuild_server import RebuildServer


def test_search_finds_sources_and_binaries_and_says_when_it_does_not(
    lively: RebuildServer,
) -> None:
    client = lively.app.test_client()
    hit = client.get("/search?q=catdoc")
    assert (hit.status_code, hit.headers["Location"]) == (302, "/rebuilds/debian/catdoc")
    miss = client.get("/search?q=<b>")
    assert "No source or binary package" in miss.text
    assert "&lt;b&gt;" in miss.text
    assert client.get("/search").status_code == 302


def test_empty_lists_say_what_to_do(server: RebuildServer) -> None:
    client = server.app.test_client()
    assert "dejabuild rebuild FILE.buildinfo" in client.get("/").text
    assert "dejabuild campaign create" in client.get("/campaigns").text
    assert "dejabuild worker" in client.get("/workers").text


def test_the_first_page_counts_verdicts_in_words_and_in_a_picture(lively: RebuildServer) -> None:
    page = lively.app.test_client().get("/").text
    assert 'aria-label="5 good, 1 bad, 2 failed, 0 not judged yet"' in page
    assert "1 of 1 workers heard" in page
    assert "libsub-name-perl" in page
