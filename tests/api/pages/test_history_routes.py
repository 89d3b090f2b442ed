# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of pages, each with and without a slash at its end."""

from __future__ import annotations

import pytest

from tests.api.archive_server import ArchiveServer


@pytest.mark.parametrize(
    "address",
    ["/package", "/binary", "/package/hello", "/package/hello/2.10-3", "/binary/hello",
     "/package/hello/feed.atom"],
)  # fmt: skip
def test_both_slash_forms_answer_without_a_redirect(past: ArchiveServer, address: str) -> None:
    one, other = past.client.get(address), past.client.get(f"{address}/")
    assert one.status_code == other.status_code == 200
    assert one.data == other.data
    assert past.client.head(address).status_code == 200


def test_writing_is_not_what_pages_are_for(past: ArchiveServer) -> None:
    assert past.client.post("/package/hello/").status_code == 405
