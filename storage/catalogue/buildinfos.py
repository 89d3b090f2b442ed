# SPDX-License-Identifier: GPL-3.0-or-later
"""Build records that were stored: their bytes are blobs, what they say is here."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Row, select

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_one, insert_rows
from storage.catalogue.records import BuildInfoRecord


def add_buildinfo(
    connection: Connection, record: BuildInfoRecord, built: Collection[Digest] = ()
) -> bool:
    """Remember a record and which files it built; False when those bytes were known already."""
    c = t.buildinfos.c
    query = select(c.id).where(c.digest == record.digest.raw)
    known: int | None = connection.execute(query).scalar_one_or_none()
    record_id = known if known is not None else _insert(connection, record)
    b = t.built_files.c
    there = select(b.digest).where(b.buildinfo_id == record_id)
    held = {bytes(raw) for raw in connection.execute(there).scalars()}
    new = sorted({digest.raw for digest in built} - held)
    insert_rows(connection, t.built_files, [(raw, record_id) for raw in new])
    return known is None


def _insert(connection: Connection, record: BuildInfoRecord) -> int:
    return insert_one(
        connection,
        t.buildinfos,
        digest=record.digest.raw,
        name=record.name,
        kind=record.kind,
        source=record.source,
        source_version=record.source_version,
        version=record.version,
        architectures=" ".join(record.architectures),
        build_architecture=record.build_architecture,
        build_date=record.build_date.epoch if record.build_date else None,
        origin=record.origin,
        signature_state=record.signature_state,
    )


def buildinfos(
    connection: Connection, source: str, version: str | None = None
) -> tuple[BuildInfoRecord, ...]:
    """Records of a source package, of one source version or all, in order of their names."""
    c = t.buildinfos.c
    query = select(t.buildinfos).where(c.source == source)
    if version is not None:
        query = query.where(c.source_version == version)
    rows = connection.execute(query.order_by(c.name, c.digest))
    return tuple(_record(row) for row in rows)


def buildinfo(connection: Connection, digest: Digest) -> BuildInfoRecord | None:
    """The record with these bytes."""
    query = select(t.buildinfos).where(t.buildinfos.c.digest == digest.raw)
    row = connection.execute(query).first()
    return None if row is None else _record(row)


def that_built(connection: Connection, artifact: Digest) -> tuple[BuildInfoRecord, ...]:
    """Records that say they built a file, in order of their names."""
    c, b = t.buildinfos.c, t.built_files.c
    query = (
        select(t.buildinfos)
        .join(t.built_files, b.buildinfo_id == c.id)
        .where(b.digest == artifact.raw)
        .order_by(c.name, c.digest)
    )
    return tuple(_record(row) for row in connection.execute(query))


def built_by(connection: Connection, record: Digest) -> tuple[Digest, ...]:
    """The files that a record says it built, in order."""
    b = t.built_files.c
    query = (
        select(b.digest)
        .join(t.buildinfos, t.buildinfos.c.id == b.buildinfo_id)
        .where(t.buildinfos.c.digest == record.raw)
        .order_by(b.digest)
    )
    return tuple(Digest.from_raw(bytes(raw)) for raw in connection.execute(query).scalars())


def origins(connection: Connection, below: str) -> set[str]:
    """The origins of records that begin with an address."""
    c = t.buildinfos.c
    query = select(c.origin).where(c.origin >= below, c.origin < f"{below}\U0010ffff")
    return set(connection.execute(query).scalars())


def _record(row: Row[tuple[object, ...]]) -> BuildInfoRecord:
    return BuildInfoRecord(
        digest=Digest.from_raw(bytes(row.digest)),
        name=row.name,
        kind=row.kind,
        source=row.source,
        source_version=row.source_version,
        version=row.version,
        architectures=tuple(row.architectures.split()),
        build_architecture=row.build_architecture,
        build_date=None if row.build_date is None else Timestamp(row.build_date),
        origin=row.origin,
        signature_state=row.signature_state,
    )
