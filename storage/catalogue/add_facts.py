# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding what is true whoever says it: entries, packages, files, blobs.

Facts are added in bounded batches and never taken back. A run that dies leaves facts nobody
refers to; the next import finds them and need not parse those stanzas again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import zstandard
from sqlalchemy import Connection, text

from snapshot.digest import Checksums
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_rows, select_wanted
from storage.catalogue.read_stanza import PackageKey, StanzaFacts, StanzaReader
from storage.catalogue.records import BlobState
from storage.database import Database

#: Stanzas of one transaction: about a fifth of a second on a slow disk.
STANZAS_AT_ONCE = 4000
#: Stanzas compressed together.
PACK = 64

_SIZE = text("UPDATE blobs SET size = :said WHERE id = :blob")
_RESERVE = text("UPDATE identifiers SET next_id = next_id + :count RETURNING next_id")

Pending = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Added:
    """What a batch did.

    Attributes:
        ids: Entry digest to entry id, of all stanzas given.
        parsed: Stanzas that were parsed.
        written: Rows inserted.
        unnamed: Stanzas whose files have no SHA-256.
    """

    ids: dict[bytes, int]
    parsed: int
    written: int
    unnamed: int = 0


class Ids:
    """Ids for the rows of one transaction.

    Taking them locks the counter until the transaction ends: who adds facts does so alone, sees
    everything added before, and needs no upsert.
    """

    def __init__(self, connection: Connection, count: int) -> None:
        last: int = connection.execute(_RESERVE, {"count": count}).scalar_one()
        self._next = last - count

    def take(self) -> int:
        """The next one."""
        self._next += 1
        return self._next - 1


def add_facts(database: Database, pending: Pending, read: StanzaReader) -> Added:
    """Make entries of stanzas.

    Args:
        database: The catalogue.
        pending: (digest, stanza), at most `STANZAS_AT_ONCE`, each digest once.
        read: How such stanzas are read; called only for those no index had before.

    Raises:
        InvalidInput: A stanza that cannot be read; nothing of the batch is kept.
    """
    with database.read() as connection:
        ids = _known_entries(connection, [digest for digest, _ in pending])
    new = [(digest, stanza, read(stanza)) for digest, stanza in pending if digest not in ids]
    if not new:
        return Added(ids, 0, 0)
    with database.write() as connection:
        written = _insert(connection, new, ids)
    return Added(ids, len(new), written, sum(not facts.files for _, _, facts in new))


def _known_entries(connection: Connection, digests: list[bytes]) -> dict[bytes, int]:
    rows = select_wanted(
        connection,
        [(digest,) for digest in digests],
        "digest",
        "SELECT e.digest, e.id FROM wanted CROSS JOIN entries e WHERE e.digest = wanted.digest",
    )
    return {bytes(digest): entry_id for digest, entry_id in rows}


def _insert(
    connection: Connection, new: list[tuple[bytes, bytes, StanzaFacts]], ids: dict[bytes, int]
) -> int:
    files = sum(len(facts.files) for _, _, facts in new)
    fresh = Ids(connection, 3 * len(new) + 2 * files)
    # Somebody else may have added some of them since they were looked up.
    ids.update(_known_entries(connection, [digest for digest, _, _ in new]))
    todo = [item for item in new if item[0] not in ids]
    packages, written = _add_packages(connection, {facts.package for _, _, facts in todo}, fresh)
    contents = [(path, checksums) for _, _, facts in todo for path, checksums in facts.files]
    blobs, count = add_blobs(connection, [checksums for _, checksums in contents], fresh)
    written += count
    named, count = _add_files(
        connection, {(path, blobs[_raw(checksums)]) for path, checksums in contents}, fresh
    )
    written += count
    entries: list[tuple[int, bytes, int, int, int]] = []
    links: set[tuple[int, int]] = set()
    for start in range(0, len(todo), PACK):
        part = todo[start : start + PACK]
        pack = fresh.take()
        body = zstandard.compress(b"\n\n".join(stanza for _, stanza, _ in part))
        written += insert_rows(connection, t.packs, [(pack, body)])
        for position, (digest, _, facts) in enumerate(part):
            entry = ids[digest] = fresh.take()
            entries.append((entry, digest, packages[facts.package], pack, position))
            links.update(
                (entry, named[path, blobs[_raw(checksums)]]) for path, checksums in facts.files
            )
    written += insert_rows(connection, t.entries, entries)
    return written + insert_rows(connection, t.entry_files, sorted(links))


def _add_packages(
    connection: Connection, keys: set[PackageKey], fresh: Ids
) -> tuple[dict[PackageKey, int], int]:
    rows = select_wanted(
        connection,
        sorted({(key[1], key[2]) for key in keys}),
        "name, version",
        "SELECT p.kind, p.name, p.version, p.architecture, p.source_name, p.source_version, p.id "
        "FROM wanted CROSS JOIN packages p "
        "WHERE p.name = wanted.name AND p.version = wanted.version",
    )
    found: dict[PackageKey, int] = {tuple(row[:6]): row[6] for row in rows}
    new = [(fresh.take(), *key) for key in sorted(keys - found.keys())]
    found.update((row[1:], row[0]) for row in new)
    return found, insert_rows(connection, t.packages, new)


def add_blobs(
    connection: Connection,
    contents: Sequence[Checksums],
    fresh: Ids,
    state: BlobState = BlobState.KNOWN,
) -> tuple[dict[bytes, int], int]:
    """Make rows for bytes that are not known yet.

    While nobody holds them their size is what an index says, and the last one is believed: an
    archive that says it wrong must not keep another one from fetching its file.

    Args:
        connection: Open write transaction.
        contents: Each with a SHA-256.
        fresh: At least one id per content.
        state: State of new rows.

    Returns:
        Raw SHA-256 to id of all of them, and the number of rows inserted.
    """
    wanted = {_raw(checksums): checksums for checksums in contents}
    rows = select_wanted(
        connection,
        [(digest,) for digest in wanted],
        "digest",
        "SELECT b.sha256, b.id, b.size, b.state FROM wanted CROSS JOIN blobs b "
        "WHERE b.sha256 = wanted.digest",
    )
    found = {}
    other_size = []
    for raw, blob_id, size, held in rows:
        digest = bytes(raw)
        found[digest] = blob_id
        if size != wanted[digest].size and held != BlobState.PRESENT:
            other_size.append({"blob": blob_id, "said": wanted[digest].size})
    if other_size:
        connection.execute(_SIZE, other_size)
    new = []
    for digest in sorted(wanted.keys() - found.keys()):
        checksums = wanted[digest]
        found[digest] = fresh.take()
        new.append(
            (
                found[digest],
                digest,
                _bytes(checksums.sha1),
                _bytes(checksums.md5),
                checksums.size,
                int(state),
            )
        )
    return found, insert_rows(connection, t.blobs, new)


def _add_files(
    connection: Connection, keys: set[tuple[str, int]], fresh: Ids
) -> tuple[dict[tuple[str, int], int], int]:
    rows = select_wanted(
        connection,
        sorted(keys),
        "path, blob_id",
        "SELECT f.path, f.blob_id, f.id FROM wanted CROSS JOIN files f "
        "WHERE f.path = wanted.path AND f.blob_id = wanted.blob_id",
    )
    found = {(path, blob_id): file_id for path, blob_id, file_id in rows}
    new = [(fresh.take(), *key) for key in sorted(keys - found.keys())]
    found.update((row[1:], row[0]) for row in new)
    return found, insert_rows(connection, t.files, new)


def _raw(checksums: Checksums) -> bytes:
    assert checksums.sha256 is not None  # noqa: S101  # callers leave others out
    return checksums.sha256.raw


def _bytes(digits: str | None) -> bytes | None:
    """Digits as bytes. What is recorded and never trusted need not be right either."""
    try:
        return bytes.fromhex(digits) if digits else None
    except ValueError:
        return None
