# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.api.lively_server import STORIES
from tests.api.pages.page_outline import outline
from tests.api.rebuild_server import RebuildServer


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
            assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
            found = outline(answer.text)
            assert not found.styled, path
            assert "script" not in found.seen
            assert {"main", "h1", "nav", "title"} <= found.seen
            todo += found.links
    attempts = [path for path in done if path.startswith("/attempts/")]
    assert len(attempts) == len(STORIES)
    assert "/campaigns/bookworm%20small%20packages" in done
    assert "/workers" in done


@pytest.mark.parametrize(
    "path", ["/attempts/999", "/attempts/99999999999", "/rebuilds/debian/nope", "/campaigns/nope"]
)
def test_what_is_not_there_is_404(server: RebuildServer, path: str) -> None:
    assert server.app.test_client().get(path).status_code == 404


def test_the_style_may_be_kept_for_ever_under_its_versioned_address(server: RebuildServer) -> None:
    client = server.app.test_client()
    [style] = [link for link in outline(client.get("/").text).links if "style.css" in link]
    answer = client.get(style, buffered=True)
    assert answer.status_code == 200
    assert "?v=" in style
    assert "immutable" in answer.headers["Cache-Control"]
    bare = client.get(style.partition("?")[0], buffered=True)
    assert "immutable" not in bare.headers["Cache-Control"]
