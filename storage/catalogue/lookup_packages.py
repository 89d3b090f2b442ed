# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages by name: what snapshot.debian.org's `/mr/package` and `/mr/binary` ask for."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from snapshot.deb_version import version_key
from storage.catalogue import read_locations
from storage.catalogue.observed import unpublished
from storage.catalogue.read_locations import PlacedFile, as_location
from storage.catalogue.records import FileLocation, PackageRecord

_COLUMNS = "p.kind, p.name, p.version, p.architecture, p.source_name, p.source_version"


def visible(connection: Connection) -> str:
    """A condition on a presence `pr`: that some published run saw it.

    The rows that only an unpublished run has are exactly those that begin at its stamp and end
    at the next observation.
    """
    conditions = [
        f"NOT (pr.stream_id = {stream_id:d} AND pr.first_ts = {mask.ts:d} "
        f"AND pr.until_ts = {mask.after:d})"
        for stream_id, mask in sorted(unpublished(connection).items())
    ]
    return " AND ".join(conditions) or "1 = 1"


def was_seen(connection: Connection) -> str:
    """A condition on a package `p`: that some published run saw it."""
    return (
        "EXISTS (SELECT 1 FROM entries e JOIN presences pr ON pr.entry_id = e.id "  # noqa: S608
        f"WHERE e.package_id = p.id AND {visible(connection)})"
    )


def source_names(connection: Connection) -> tuple[str, ...]:
    """Names of all source packages of which the source or a binary was ever seen."""
    query = f"SELECT DISTINCT p.source_name FROM packages p WHERE {was_seen(connection)} ORDER BY 1"  # noqa: S608
    return tuple(connection.execute(text(query)).scalars())


def source_versions(connection: Connection, name: str) -> tuple[str, ...]:
    """Versions of a source package, the newest first; none for an unknown one."""
    query = (
        "SELECT DISTINCT p.source_version FROM packages p "  # noqa: S608
        f"WHERE p.source_name = :name AND {was_seen(connection)}"
    )
    versions = connection.execute(text(query), {"name": name}).scalars()
    return tuple(sorted(versions, key=version_key, reverse=True))


def binaries_of(connection: Connection, source: str, version: str) -> tuple[PackageRecord, ...]:
    """Binary packages made from a version of a source, by name, version, architecture."""
    query = (
        f"SELECT {_COLUMNS} FROM packages p WHERE p.source_name = :name "  # noqa: S608
        f"AND p.source_version = :version AND p.kind = 'binary' AND {was_seen(connection)}"
    )
    rows = connection.execute(text(query), {"name": source, "version": version})
    found = [PackageRecord(*row) for row in rows]
    return tuple(sorted(found, key=lambda p: (p.name, version_key(p.version), p.architecture)))


def binary_versions(connection: Connection, name: str) -> tuple[PackageRecord, ...]:
    """All versions of a binary package, the newest first, one per architecture and source."""
    query = (
        f"SELECT {_COLUMNS} FROM packages p WHERE p.name = :name "  # noqa: S608
        f"AND p.kind = 'binary' AND {was_seen(connection)}"
    )
    rows = connection.execute(text(query), {"name": name})
    found = sorted((PackageRecord(*row) for row in rows), key=lambda p: (p.architecture, p.source))
    return tuple(sorted(found, key=lambda p: version_key(p.version), reverse=True))


def source_files(connection: Connection, name: str, version: str) -> tuple[FileLocation, ...]:
    """The files of a source package, wherever they were."""
    placed = read_locations.by_name_and_version(
        connection, [(name, version)], only="AND p.kind = 'source'"
    )
    return in_order(placed)


def binary_files(connection: Connection, name: str, version: str) -> tuple[FileLocation, ...]:
    """The files of a binary package in all architectures, wherever they were."""
    placed = read_locations.by_name_and_version(
        connection, [(name, version)], only="AND p.kind = 'binary'"
    )
    return in_order(placed)


def files_of_source(connection: Connection, name: str, version: str) -> tuple[FileLocation, ...]:
    """The files of the binary packages made from a version of a source."""
    placed = read_locations.by_source(connection, [(name, version)], only="AND p.kind = 'binary'")
    return in_order(placed)


def in_order(placed: Iterable[PlacedFile]) -> tuple[FileLocation, ...]:
    """Locations by package, first stamp, path and stream."""
    return tuple(
        sorted(
            map(as_location, placed),
            key=lambda found: (
                found.package.name,
                version_key(found.package.version),
                found.package.architecture,
                found.first_seen,
                found.file.path,
                found.coordinates,
            ),
        )
    )
