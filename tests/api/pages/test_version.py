# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of one version of a source package."""

from __future__ import annotations

import pytest

from tests.api.archive_server import ArchiveServer, deb
from tests.api.pages.page_outline import outline
from tests.api.past_server import FIRST


def test_files_lead_to_the_first_run_that_had_them_and_to_all_their_places(
    past: ArchiveServer,
) -> None:
    page = outline(past.client.get("/package/hello/2.10-3/").text)
    base = f"/archive/debian/{FIRST}/pool/main/h"
    for path in ("hello/hello_2.10-3.dsc", "hello/hello_2.10-3_amd64.deb"):
        assert f"{base}/{path}" in page.links
    dsc = past.client.get(f"{base}/hello/hello_2.10-3.dsc")
    assert dsc.data == b"dsc 2.10-3"
    assert past.client.get(f"{base}/hello/hello_2.10-3_amd64.deb").data == deb("hello", "2.10-3")
    assert sum(link.startswith("/locations/") for link in page.links) == 5
    assert "/binary/hello-traditional/" in page.links
    assert "/mr/package/hello/2.10-3/allfiles?fileinfo=1" in page.links


def test_an_epoch_is_part_of_the_address(past: ArchiveServer) -> None:
    for address in ("/package/hello/1:2.12.2-1/", "/package/hello/1%3A2.12.2-1"):
        page = outline(past.client.get(address).text)
        assert "hello_2.12.2-1.dsc" in page.text
        assert "still there" in page.text


@pytest.mark.parametrize("version", ["9", "<b>", "2.10-3'--", "..%2f..", "%s"])
def test_an_unknown_version_is_refused(past: ArchiveServer, version: str) -> None:
    answer = past.client.get(f"/package/hello/{version}/")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "<b>" not in answer.text
