# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of one file in one stream become one value."""

from __future__ import annotations

from snapshot.coordinates import Coordinates
from snapshot.presence import Interval
from storage.catalogue import BlobState, Catalogue
from storage.catalogue.read_locations import as_location, by_name, by_sha256, by_source
from storage.database import Database
from tests.storage.catalogue.archive_maker import binary, content, day, import_run


def test_restated_stanzas_of_a_file_are_one_presence(catalogue: Catalogue) -> None:
    for number, tag in enumerate(("", "x", "y", ""), start=1):
        import_run(catalogue, day(number), [binary("a", tag=tag)])
    import_run(catalogue, day(5), [])
    (location,) = catalogue.binary_files("a", "1.0")
    assert location.intervals == (Interval(day(1), day(5)),)


def test_every_way_in_finds_the_same_value(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    import_run(catalogue, day(1), [binary("a", source="s (2)")])
    digest = content("a_1.0_amd64")
    with catalogue_database.read() as connection:
        ways = [
            list(by_name(connection, ["a"])),
            list(by_source(connection, [("s", "2")])),
            list(by_sha256(connection, [digest.raw])),
        ]
    assert ways[0] == ways[1] == ways[2]
    location = as_location(ways[0][0])
    assert location.coordinates == Coordinates("debian", "sid", "main", "amd64")
    assert location.file.digest == digest
    assert location.file.state is BlobState.KNOWN
    assert location.package.source == "s"
    assert location.md5 is None
