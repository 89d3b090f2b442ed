# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling the catalogue which bytes the blob store holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, bindparam, select, update

from snapshot.digest import Digest
from storage.blobs import Blob
from storage.catalogue import tables as t
from storage.catalogue.add_facts import Ids, add_blobs
from storage.catalogue.bulk_load import select_wanted
from storage.catalogue.read_stanza import Content
from storage.catalogue.records import BlobState
from storage.database import Database

#: Blobs of one transaction.
BLOBS_AT_ONCE = 5000

_STATE = (
    update(t.blobs).where(t.blobs.c.sha256 == bindparam("digest")).values(state=bindparam("to"))
)
_HELD = (
    update(t.blobs)
    .where(t.blobs.c.sha256 == bindparam("digest"))
    .values(state=bindparam("to"), sha1=bindparam("real"), size=bindparam("length"))
)

_PRESENT = f"""
    SELECT b.sha256 FROM wanted JOIN blobs b ON b.sha256 = wanted.digest
    WHERE b.state = {int(BlobState.PRESENT)}
"""  # noqa: S608  # a number of ours


def record_blobs(database: Database, blobs: Iterable[Blob]) -> None:
    """Record that bytes are stored. Their SHA-1 and size are now known for certain.

    Args:
        database: The catalogue.
        blobs: Bytes that are durable in the store.
    """
    for part in _parts(list(blobs)):
        with database.write() as connection:
            contents = {
                blob.digest.raw: Content(blob.digest.raw, bytes.fromhex(blob.sha1), None, blob.size)
                for blob in part
            }
            add_blobs(connection, contents, Ids(connection, len(part)), BlobState.PRESENT)
            connection.execute(
                _HELD,
                [
                    {
                        "digest": blob.digest.raw,
                        "to": int(BlobState.PRESENT),
                        "real": bytes.fromhex(blob.sha1),
                        "length": blob.size,
                    }
                    for blob in part
                ],
            )


def set_blob_state(database: Database, digests: Iterable[Digest], state: BlobState) -> None:
    """Record what became of bytes that are known: gone from the store, or nowhere to be had."""
    rows = [{"digest": digest.raw, "to": int(state)} for digest in digests]
    for start in range(0, len(rows), BLOBS_AT_ONCE):
        with database.write() as connection:
            connection.execute(_STATE, rows[start : start + BLOBS_AT_ONCE])


def present(connection: Connection, digests: Iterable[Digest]) -> set[Digest]:
    """Which of these the catalogue says are stored."""
    keys = sorted({(digest.raw,) for digest in digests})
    rows = select_wanted(connection, keys, "digest", _PRESENT)
    return {Digest.from_raw(bytes(raw)) for (raw,) in rows}


def blobs_in_state(connection: Connection, state: BlobState) -> Iterator[Digest]:
    """Digests of all blobs in a state, in order."""
    query = select(t.blobs.c.sha256).where(t.blobs.c.state == int(state))
    for raw in connection.execute(query.order_by(t.blobs.c.sha256)).scalars():
        yield Digest.from_raw(bytes(raw))


def _parts(blobs: list[Blob]) -> Iterator[Sequence[Blob]]:
    unique = list({blob.digest: blob for blob in blobs}.values())
    for start in range(0, len(unique), BLOBS_AT_ONCE):
        yield unique[start : start + BLOBS_AT_ONCE]
