# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from tests.api.lively_server import STORIES, Story, fill
from tests.api.rebuild_server import RebuildServer

VOID = {"meta", "link", "input", "img", "br", "path", "rect", "circle"}


class Outline(HTMLParser):
    """Checks that elements nest, and collects links and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.seen: set[str] = set()
        self.styled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.styled |= "style" in dict(attrs) or any(name.startswith("on") for name, _ in attrs)
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture
def lively(server: RebuildServer) -> RebuildServer:
    fill(server)
    return server


def test_every_page_of_the_site_can_be_reached_from_the_first(lively: RebuildServer) -> None:
    """Pages nest, carry no script and no inline style, and every link of ours answers."""
    client = lively.app.test_client()
    todo, done = ["/"], set()
    while todo:
        path = todo.pop().split("#")[0]
        # What the archive half answers is not here.
        if not path or path in done or path.startswith(("http://", "/archive", "/environments")):
            continue
        done.add(path)
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200, path
        if not path.startswith("/api/"):
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        if answer.mimetype == "text/html":
            assert "script" not in answer.headers["Content-Security-Policy"]
            found = outline(answer.text)
            assert not found.styled, path
            assert "script" not in found.seen
            assert {"main", "h1", "nav", "title"} <= found.seen
            todo += found.links
    attempts = [path for path in done if path.startswith("/attempts/")]
    assert len(attempts) == len(STORIES)
    assert "/campaigns/bookworm%20small%20packages" in done
    assert "/workers" in done


def test_an_attempt_shows_digests_origin_difference_and_log(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    ids = {build.name: build.id for build in lively.ledger.builds.recent(100)}
    bad = client.get(f"/attempts/{ids['libsub-name-perl']}").text
    assert "from an index whose signature was verified" in bad
    assert '<span class="minus">│ │ │ -Depends: perl' in bad
    assert "/diffoscope" in bad
    assert "The last 60 lines" in bad
    assert "dh_step_299" in bad
    assert "dh_step_2 " not in bad
    assert "/environments/" in bad
    good = client.get(f"/attempts/{ids['catdoc']}").text
    assert "in-toto link" in good
    record = client.get(f"/attempts/{ids['gnokii']}").text
    assert "the build record alone: judged, never attested" in record
    assert "in-toto link" not in record
    failed = client.get(f"/attempts/{ids['dejabuild-needs-a-ghost']}").text
    assert "libghost-dev 6.6.6 amd64 is in no mirrored run" in failed
    assert "<strong>dependency-missing</strong>" in failed
    derived = client.get(f"/attempts/{ids['base-files']}").text
    assert "environment derived from debian at 20261107T144500Z" in derived


def test_what_a_worker_wrote_is_shown_as_text(server: RebuildServer) -> None:
    evil = "<script>alert(1)</script>"
    fill(server, (Story("hello", "1.0", "FAIL", "build-failed", evil, diff=""),))
    page = server.app.test_client().get("/attempts/1").text
    assert evil not in page
    assert "&lt;script&gt;" in page


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


@pytest.mark.parametrize(
    "path", ["/attempts/999", "/attempts/99999999999", "/rebuilds/debian/nope", "/campaigns/nope"]
)
def test_what_is_not_there_is_404(server: RebuildServer, path: str) -> None:
    assert server.app.test_client().get(path).status_code == 404


def test_empty_lists_say_what_to_do(server: RebuildServer) -> None:
    client = server.app.test_client()
    assert "dejabuild rebuild FILE.buildinfo" in client.get("/").text
    assert "dejabuild campaign create" in client.get("/campaigns").text
    assert "dejabuild worker" in client.get("/workers").text


def test_badge_and_feed_are_well_formed(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    badge = client.get("/badges/debian/libsub-name-perl.svg")
    assert badge.mimetype == "image/svg+xml"
    assert "BAD" in (ET.fromstring(badge.text).attrib["aria-label"])
    feed = ET.fromstring(client.get("/attempts.atom").text)
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == len(STORIES)


def test_the_style_may_be_kept_for_ever_under_its_versioned_address(server: RebuildServer) -> None:
    client = server.app.test_client()
    [style] = [link for link in outline(client.get("/").text).links if "style.css" in link]
    answer = client.get(style, buffered=True)
    assert answer.status_code == 200
    assert "?v=" in style
    assert "immutable" in answer.headers["Cache-Control"]
    bare = client.get(style.partition("?")[0], buffered=True)
    assert "immutable" not in bare.headers["Cache-Control"]
