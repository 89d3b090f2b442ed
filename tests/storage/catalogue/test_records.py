# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that say a little more than their fields."""

from __future__ import annotations

from snapshot.coordinates import Coordinates
from snapshot.presence import Interval
from storage.catalogue import BlobState, FileLocation, PackageRecord, StoredFile
from storage.catalogue.records import DirectoryEntry, EntryKind
from tests.storage.catalogue.archive_maker import content, day


def test_first_seen_is_where_the_first_interval_begins() -> None:
    location = FileLocation(
        package=PackageRecord("binary", "a", "1", "amd64", "a", "1"),
        file=StoredFile("pool/a", content("a"), 1, None, BlobState.KNOWN),
        coordinates=Coordinates("debian", "sid", "main", "amd64"),
        intervals=(Interval(day(2), day(3)), Interval(day(5), None)),
        md5=None,
    )
    assert location.first_seen == day(2)


def test_names_of_a_directory_sort_by_name() -> None:
    names = [DirectoryEntry(name, EntryKind.FILE) for name in ("b", "a", "B")]
    assert [entry.name for entry in sorted(names)] == ["B", "a", "b"]
