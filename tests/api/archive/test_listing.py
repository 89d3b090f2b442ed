# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of links."""

from __future__ import annotations

from api.archive.listing import listing_page, months_page
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue.records import (
    BlobState,
    DirectoryEntry,
    EntryKind,
    RunRecord,
    StoredFile,
)

RUN = RunRecord("debian", Timestamp(0), "release", "test")


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


def test_an_archive_without_runs_has_no_months() -> None:
    assert "month=" not in months_page("debian", []).get_data(as_text=True)
