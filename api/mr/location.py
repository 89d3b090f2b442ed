# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a file lived, in the words of both predecessors at once.

snapshot.debian.org names files by SHA-1 and says `first_seen`; its successor names them by
SHA-256 and says suite, component and `timestamp_ranges`. One object carries all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from flask import request

from api.archive_services import current_archive
from api.operation import Parameter
from api.schema import (
    SHA1,
    SHA256,
    STAMP,
    TEXT,
    WHOLE,
    list_of,
    map_of,
    one_of,
    or_null,
    pair_of,
    record,
)
from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.join_intervals import join_intervals
from snapshot.timestamp import Timestamp
from storage.catalogue.records import FileLocation

PLACE = record(
    {
        "archive_name": TEXT,
        "name": TEXT,
        "path": TEXT,
        "size": WHOLE,
        "first_seen": STAMP,
        "suite_name": TEXT,
        "component_name": TEXT,
        "architecture": TEXT,
        "timestamp_ranges": list_of(pair_of(STAMP)),
        "sha1": or_null(SHA1),
        "sha256": SHA256,
    },
    title="Place",
)
#: Member of an answer that `?fileinfo=1` adds.
FILEINFO = {"fileinfo": map_of(list_of(PLACE))}
HASH_NAMES = Parameter(
    "hash", one_of(["sha1", "sha256"]), "Name files by this; default: SHA-1 where it is known"
)
FILE_QUERY = (Parameter("fileinfo", TEXT, "`1`: with every place of each file"), HASH_NAMES)


def hash_name(location: FileLocation) -> str:
    """How this request wants files named: `?hash=sha256`, else SHA-1 where it is known.

    Indices stopped naming SHA-1 in 2016; for a file that was never fetched the SHA-256
    stands in, and `/file/` takes either.

    Raises:
        InvalidInput: Another word for a hash.
    """
    wanted = request.args.get("hash", "sha1")
    if wanted not in ("sha1", "sha256"):
        raise InvalidInput(f"files are not named by {wanted[:40]!r}", advice="hash=sha1 or sha256")
    if wanted == "sha256" or location.file.sha1 is None:
        return location.file.digest.hex
    return location.file.sha1


def location_json(location: FileLocation) -> dict[str, Any]:
    """One place of one file."""
    directory, _, name = location.file.path.rpartition("/")
    return {
        "archive_name": location.coordinates.archive,
        "name": name,
        "path": f"/{directory}",
        "size": location.file.size,
        "first_seen": str(location.first_seen),
        "suite_name": location.coordinates.suite,
        "component_name": location.coordinates.component,
        "architecture": location.coordinates.architecture,
        "timestamp_ranges": [[str(first), str(last)] for first, last in timestamp_ranges(location)],
        "sha1": location.file.sha1,
        "sha256": location.file.digest.hex,
    }


def timestamp_ranges(location: FileLocation) -> tuple[tuple[Timestamp, Timestamp], ...]:
    """First and last run of each interval, both ends included, as the successor says it."""
    return current_archive().catalogue.observed_ranges(location.coordinates, location.intervals)


def places_of(digest: Digest) -> list[FileLocation]:
    """Where a file was, one place per stream and path, whichever package named it there.

    An upstream tarball is named by every revision of its source; it was there from the first
    of them on.
    """
    merged: dict[tuple[Coordinates, str], FileLocation] = {}
    for place in current_archive().catalogue.locations(digest):
        key = (place.coordinates, place.file.path)
        other = merged.get(key)
        if other is not None:
            intervals = join_intervals([*other.intervals, *place.intervals])
            merged[key] = replace(other, intervals=intervals)
        else:
            merged[key] = place
    return sorted(merged.values(), key=lambda one: (one.first_seen, one.coordinates))


def fileinfo(locations: Iterable[FileLocation]) -> dict[str, list[dict[str, Any]]]:
    """Hash to every place of that file, in the order of first sight."""
    files = {hash_name(location): location.file.digest for location in locations}
    return {
        name: [location_json(place) for place in places_of(digest)]
        for name, digest in files.items()
    }


def with_fileinfo(answer: dict[str, Any], locations: Sequence[FileLocation]) -> dict[str, Any]:
    """The answer, with `fileinfo` when the request says `?fileinfo=1`."""
    if request.args.get("fileinfo") == "1":
        answer["fileinfo"] = fileinfo(locations)
    return answer


def file_names(locations: Iterable[FileLocation]) -> list[str]:
    """The distinct files by hash, ordered by file name."""
    by_hash = {hash_name(location): location.file.path for location in locations}
    return sorted(by_hash, key=lambda name: (by_hash[name].rpartition("/")[2], name))
