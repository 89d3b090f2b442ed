# SPDX-License-Identifier: GPL-3.0-or-later
"""Where and when files were: one query for any number of keys, and its rows as values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from storage.catalogue.bulk_load import select_wanted
from storage.catalogue.intervals import Row, as_intervals, hidden, joined
from storage.catalogue.observed import unpublished
from storage.catalogue.records import BlobState, FileLocation, PackageRecord, StoredFile

_COLUMNS = (
    "p.kind, p.name, p.version, p.architecture, p.source_name, p.source_version, "
    "f.path, b.sha256, b.sha1, b.md5, b.size, b.state, "
    "a.name, s.suite, s.component, s.architecture, pr.stream_id, pr.first_ts, pr.until_ts"
)
_PLACES = (
    "JOIN presences pr ON pr.entry_id = e.id "
    "JOIN streams s ON s.id = pr.stream_id "
    "JOIN archives a ON a.id = s.archive_id"
)
# The keys come first and everything else follows by an index: CROSS JOIN tells SQLite so.
_FROM_PACKAGE = (
    f"SELECT {_COLUMNS} FROM wanted CROSS JOIN packages p "  # noqa: S608  # constants
    "JOIN entries e ON e.package_id = p.id "
    "JOIN entry_files ef ON ef.entry_id = e.id "
    "JOIN files f ON f.id = ef.file_id "
    f"JOIN blobs b ON b.id = f.blob_id {_PLACES} "
)
_FROM_BLOB = (
    f"SELECT {_COLUMNS} FROM wanted CROSS JOIN blobs b "  # noqa: S608  # constants
    "JOIN files f ON f.blob_id = b.id "
    "JOIN entry_files ef ON ef.file_id = f.id "
    "JOIN entries e ON e.id = ef.entry_id "
    f"JOIN packages p ON p.id = e.package_id {_PLACES} "
)


class PlacedFile(NamedTuple):
    """One file in one stream, cheap to make; `as_location` makes a value of it."""

    facts: tuple[Any, ...]
    rows: list[Row]


def by_name_and_version(
    connection: Connection, keys: Sequence[tuple[str, str]], *, only: str = ""
) -> Iterator[PlacedFile]:
    """Files of packages of these (name, version).

    Args:
        connection: Open transaction.
        keys: What is wanted.
        only: A further condition in SQL, of constants only.
    """
    where = f"WHERE p.name = wanted.name AND p.version = wanted.version {only}"
    rows = select_wanted(connection, keys, "name, version", _FROM_PACKAGE + where)
    return _grouped(connection, rows)


def by_name(connection: Connection, names: Sequence[str]) -> Iterator[PlacedFile]:
    """Files of packages of these names, in any version."""
    rows = select_wanted(
        connection,
        [(name,) for name in names],
        "name",
        _FROM_PACKAGE + "WHERE p.name = wanted.name",
    )
    return _grouped(connection, rows)


def by_source(
    connection: Connection, keys: Sequence[tuple[str, str]], *, only: str = ""
) -> Iterator[PlacedFile]:
    """Files of packages made from these (source name, source version)."""
    where = f"WHERE p.source_name = wanted.name AND p.source_version = wanted.version {only}"
    rows = select_wanted(connection, keys, "name, version", _FROM_PACKAGE + where)
    return _grouped(connection, rows)


def by_sha256(connection: Connection, digests: Sequence[bytes]) -> Iterator[PlacedFile]:
    """Files with these contents."""
    keys = [(digest,) for digest in digests]
    where = "WHERE b.sha256 = wanted.digest"
    return _grouped(connection, select_wanted(connection, keys, "digest", _FROM_BLOB + where))


def as_location(placed: PlacedFile) -> FileLocation:
    """A value of a row."""
    facts = placed.facts
    return FileLocation(
        package=PackageRecord(*facts[0:6]),
        file=stored_file(facts[6], facts[7], facts[8], facts[10], facts[11]),
        coordinates=coordinates_of(placed),
        intervals=as_intervals(placed.rows),
        md5=bytes(facts[9]).hex() if facts[9] is not None else None,
    )


def coordinates_of(placed: PlacedFile) -> Coordinates:
    """The stream of a row."""
    return Coordinates(*placed.facts[12:16])


def stored_file(path: str, sha256: bytes, sha1: bytes | None, size: int, state: int) -> StoredFile:
    """A value of a file's columns."""
    return StoredFile(
        path=path,
        digest=Digest.from_raw(bytes(sha256)),
        size=size,
        sha1=bytes(sha1).hex() if sha1 is not None else None,
        state=BlobState(state),
    )


def _grouped(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> Iterator[PlacedFile]:
    """Join the presences of all entries of a file in a stream; what nobody may see is left out."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(row[:17], []).append(row[17:])
    masks = unpublished(connection)
    for facts, presences in groups.items():
        mask = masks.get(facts[16])
        seen = joined(presences) if mask is None else hidden(presences, mask)
        if seen:
            yield PlacedFile(facts, seen)
