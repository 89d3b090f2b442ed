# SPDX-License-Identifier: GPL-3.0-or-later
"""What all pages share."""

from __future__ import annotations

import pytest

from tests.api.archive_server import ArchiveServer
from tests.api.pages.page_outline import outline


def test_the_script_may_be_kept_for_ever_under_its_versioned_address(past: ArchiveServer) -> None:
    (script,) = outline(past.client.get("/package/").text).scripts
    assert script is not None
    answer = past.client.get(script)
    assert answer.mimetype == "text/javascript"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "immutable" not in past.client.get(script.partition("?")[0]).headers["Cache-Control"]


@pytest.mark.parametrize(
    "address",
    ["search.js?v=of-another-release", "nosuch.js?v={version}", "../frame.py?v={version}"],
)
def test_what_is_not_the_file_of_that_version_is_kept_by_no_browser(
    past: ArchiveServer, address: str
) -> None:
    (script,) = outline(past.client.get("/package/").text).scripts
    version = (script or "").rpartition("=")[2]
    answer = past.client.get(f"/pages/{address.format(version=version)}")
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_a_server_of_archives_alone_offers_no_page_of_the_other_half(past: ArchiveServer) -> None:
    links = outline(past.client.get("/archive/").text).links
    assert "/package/" in links
    assert not {"/", "/campaigns", "/workers"} & set(links)
    for link in links:
        if link.startswith("/"):
            assert past.client.get(link).status_code == 200, link


@pytest.mark.parametrize(
    "path",
    ["/pages/../frame.py", "/pages/%2e%2e/frame.py", "/pages/..%2fframe.py", "/pages/", "/pages/x"],
)
def test_no_file_but_the_pages_own_is_served(past: ArchiveServer, path: str) -> None:
    assert past.client.get(path).status_code == 404
