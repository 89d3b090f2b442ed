# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping a build record: its bytes as a blob, what it says in the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snapshot.buildinfo import BuildInfo
from storage.catalogue.records import BuildInfoRecord

if TYPE_CHECKING:
    from snapshot.digest import Digest
    from snapshot.record import Record
    from storage.blobs import BlobStore
    from storage.catalogue import Catalogue


def keep_record(
    catalogue: Catalogue, blobs: BlobStore, record: Record, data: bytes, *, name: str, origin: str
) -> Digest:
    """Store a record that was read; the same bytes again change nothing.

    Args:
        catalogue: Where it is remembered.
        blobs: Where its bytes go.
        record: What it says.
        data: Its bytes.
        name: Its file name.
        origin: Where it came from, in a word.

    Returns:
        Its digest.
    """
    blob = blobs.add([data])
    catalogue.record_blob(blob)
    detail = record.detail
    catalogue.add_buildinfo(
        BuildInfoRecord(
            digest=blob.digest,
            name=name,
            kind=record.kind,
            source=record.source,
            source_version=record.source_version,
            version=record.version,
            architectures=detail.architectures if isinstance(detail, BuildInfo) else (),
            build_architecture=record.build_architecture,
            build_date=record.build_date,
            origin=origin,
            # Signatures are verified where keyrings are: not at the door.
            signature_state="unknown-key" if record.signed else "unsigned",
        ),
        built=_built(record),
    )
    return blob.digest


def _built(record: Record) -> set[Digest]:
    """Other formats than Debian's do not say what was built."""
    files = record.detail.checksums if isinstance(record.detail, BuildInfo) else ()
    return {file.checksums.sha256 for file in files if file.checksums.sha256 is not None}
