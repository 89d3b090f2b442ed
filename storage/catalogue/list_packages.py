# SPDX-License-Identifier: GPL-3.0-or-later
"""What the indices of one run list."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, and_, select

from snapshot.coordinates import Coordinates
from snapshot.errors import NotFound
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.lookup_runs import run_id_at
from storage.catalogue.observed import streams_at
from storage.catalogue.read_locations import stored_file
from storage.catalogue.records import (
    IndexedPackage,
    PackageRecord,
    StoredFile,
)


def streams_of(connection: Connection, archive: str, stamp: Timestamp) -> tuple[Coordinates, ...]:
    """The streams that the run of exactly a stamp holds, in order; none for an unknown run."""
    run_id = run_id_at(connection, archive, stamp)
    return () if run_id is None else tuple(sorted(_streams(connection, archive, run_id)))


def packages_in(
    connection: Connection, wanted: Coordinates, stamp: Timestamp
) -> tuple[IndexedPackage, ...]:
    """Every package that one index of a run lists, by name and version text.

    Args:
        connection: Open transaction.
        wanted: The stream; architecture `source` for its sources.
        stamp: Of a published run, exactly.

    Raises:
        NotFound: The run is unknown or holds no such index; naming what it holds.
    """
    run_id = run_id_at(connection, wanted.archive, stamp)
    held = {} if run_id is None else _streams(connection, wanted.archive, run_id)
    if wanted not in held:
        known = ", ".join(map(str, sorted(held))) or "nothing"
        raise NotFound(f"{wanted} is not in the run {stamp}", advice=f"it holds {known}")
    pr = t.presences.c
    there = and_(
        pr.stream_id == held[wanted], pr.first_ts <= stamp.epoch, pr.until_ts > stamp.epoch
    )
    return tuple(_listed(connection, there))


def _streams(connection: Connection, archive: str, run_id: int) -> dict[Coordinates, int]:
    observed = streams_at(connection, run_id)
    s = t.streams.c
    query = select(s.id, s.suite, s.component, s.architecture).where(s.id.in_(observed))
    return {Coordinates(archive, *row[1:]): row[0] for row in connection.execute(query)}


def _listed(connection: Connection, there: ColumnElement[bool]) -> Iterator[IndexedPackage]:
    p, e, ef, f, b = (
        t.packages.c,
        t.entries.c,
        t.entry_files.c,
        t.files.c,
        t.blobs.c,
    )
    query = (
        select(p.kind, p.name, p.version, p.architecture, p.source_name, p.source_version)
        .add_columns(f.path, b.sha256, b.sha1, b.size, b.state)
        .select_from(t.presences)
        .join(t.entries, e.id == t.presences.c.entry_id)
        .join(t.packages, p.id == e.package_id)
        .outerjoin(t.entry_files, ef.entry_id == e.id)
        .outerjoin(t.files, f.id == ef.file_id)
        .outerjoin(t.blobs, b.id == f.blob_id)
        .where(there)
    )
    found: dict[PackageRecord, list[StoredFile]] = {}
    for row in connection.execute(query):
        files = found.setdefault(PackageRecord(*row[:6]), [])
        if row[6] is not None:
            files.append(stored_file(*row[6:]))
    for package in sorted(found, key=lambda one: (one.name, one.version, one.architecture)):
        files = sorted(set(found[package]), key=lambda file: file.path)
        yield IndexedPackage(package, tuple(files))
