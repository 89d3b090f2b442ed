# SPDX-License-Identifier: GPL-3.0-or-later
"""Names while somebody types."""

from __future__ import annotations

import pytest

from tests.api.archive_server import ArchiveServer


def names(server: ArchiveServer, query: str) -> list[str]:
    answer = server.client.get("/mr/search", query_string={"q": query})
    assert answer.status_code == 200
    return [one["name"] for one in answer.get_json()["result"]]


def test_names_that_begin_so_and_what_they_are_names_of(past: ArchiveServer) -> None:
    answer = past.client.get("/mr/search/?q=hello").get_json()
    assert answer["result"] == [
        {"name": "hello", "source": True, "binary": True},
        {"name": "hello-doc", "source": False, "binary": True},
        {"name": "hello-traditional", "source": False, "binary": True},
    ]
    assert names(past, " HELLO-d ") == ["hello-doc"]
    assert names(past, "lib") == ["libc++", "libfoo~bar"]


def test_nothing_typed_is_nothing_found(past: ArchiveServer) -> None:
    assert names(past, "") == names(past, "  ") == names(past, "zzz") == []


@pytest.mark.parametrize("query", ["%", "_", "'", "\\", "%s", "<b>", "a" * 5000, "💥", "../.."])
def test_whatever_is_typed_is_the_beginning_of_a_name(past: ArchiveServer, query: str) -> None:
    assert names(past, query) == []
