# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of links."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.archive.listing import archives_page, listing_page, months_page
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue.records import (
    ArchiveRecord,
    BlobState,
    DirectoryEntry,
    EntryKind,
    RunRecord,
    StoredFile,
)
from storage.database import Database
from tests.api.archive_server import make_archive_server

RUN = RunRecord("debian", Timestamp(0), "release", "test")


@pytest.fixture
def within(shared_database: Database) -> Iterator[None]:
    with make_archive_server(shared_database).app.test_request_context("/archive/"):
        yield


@pytest.mark.usefixtures("within")
def test_names_are_escaped_for_pages_and_for_addresses() -> None:
    file = StoredFile("x", Digest.of(b""), 7, None, BlobState.PRESENT)
    name = '<a href="x">&+%'
    text = listing_page(
        RUN,
        "<p>",
        [
            DirectoryEntry(name, EntryKind.FILE, file),
            DirectoryEntry("sub", EntryKind.DIRECTORY),
            DirectoryEntry("stable", EntryKind.LINK, target="bookworm"),
        ],
    ).get_data(as_text=True)
    assert name not in text
    assert "&lt;a href=&#34;x&#34;&gt;&amp;+%" in text
    assert 'href="%3Ca%20href%3D%22x%22%3E%26%2B%25"' in text
    assert '<td>d</td><td><a href="sub/">sub/</a></td><td></td>' in text
    assert "<td>l</td>" in text
    assert '<a href="bookworm/">bookworm</a>' in text
    assert "<p>" not in text.split("<table>")[0]


@pytest.mark.usefixtures("within")
def test_archives_come_with_their_runs_and_without_any_say_how_to_begin() -> None:
    record = ArchiveRecord("debian", Timestamp(0), Timestamp(90_000), 1234)
    text = archives_page([record]).get_data(as_text=True)
    assert '<a href="debian/">debian</a>' in text
    assert "1,234" in text
    assert "1970-01-02 01:00" in text
    assert "dejabuild mirror sync" in archives_page([]).get_data(as_text=True)


@pytest.mark.usefixtures("within")
def test_an_archive_without_runs_has_no_months() -> None:
    assert "month=" not in months_page("debian", []).get_data(as_text=True)
