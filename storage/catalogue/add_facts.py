# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding what is true whoever says it: entries, packages, files, blobs.

Facts are added in bounded batches and never taken back. A run that dies leaves facts nobody
refers to; the next import finds them and need not parse those stanzas again.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, text

from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_rows, select_wanted
from storage.catalogue.prepare_facts import PACK, New, Prepared, known_entries
from storage.catalogue.read_stanza import Content, PackageKey
from storage.catalogue.records import BlobState
from storage.database import Database

_SIZE = text("UPDATE blobs SET size = :said WHERE id = :blob")
_RESERVE = text("UPDATE identifiers SET next_id = next_id + :count RETURNING next_id")

Key = TypeVar("Key", bound=Hashable)


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

    Attributes:
        first: The first of them; what nobody had taken before.
    """

    def __init__(self, connection: Connection, count: int) -> None:
        last: int = connection.execute(_RESERVE, {"count": count}).scalar_one()
        self.first = last - count
        self._left = iter(range(self.first, last))

    def give(self, keys: Collection[Key]) -> dict[Key, int]:
        """The next ids, one for each of these."""
        # In this order: an iterator that is asked for one more than it needs has lost it.
        return dict(zip(keys, self._left, strict=False))

    def take(self) -> int:
        """The next one."""
        return next(self._left)


class FactWriter:
    """Writes facts that were prepared while what was prepared before them was written.

    Args:
        database: The catalogue.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # All ids from the one up to the other were taken here.
        self._since, self._until = 0, 0

    def add(self, prepared: Prepared) -> Added:
        """Make entries of stanzas in one transaction.

        Args:
            prepared: Stanzas none of which was in what was added here since they were looked up.
        """
        new = prepared.new
        if not new:
            return Added(prepared.ids, 0, 0)
        parsed, unnamed = len(new), sum(not facts.files for _, _, facts in new)
        with self._database.write() as connection:
            count = 3 * parsed + 2 * sum(len(facts.files) for _, _, facts in new)
            fresh = Ids(connection, count)
            if not self._is_ours(prepared.untaken, fresh.first):
                known = known_entries(connection, [digest for digest, _, _ in new])
                prepared = prepared.without(known)
            ids = dict(prepared.ids)
            written = _insert(connection, prepared.new, prepared.packs, ids, fresh)
        if fresh.first != self._until:
            self._since = fresh.first
        self._until = fresh.first + count
        return Added(ids, parsed, written, unnamed)

    def _is_ours(self, untaken: int, first: int) -> bool:
        """Whether nobody else added facts between a look-up and now."""
        seen = self._until if self._since <= untaken <= self._until else untaken
        return seen == first


def _insert(
    connection: Connection, new: New, bodies: Sequence[bytes], ids: dict[bytes, int], fresh: Ids
) -> int:
    """Write what is new, and put the ids of its entries among the others."""
    # Dictionaries for what is distinct: unlike sets they keep the order of the index, by name.
    packages, written = _add_packages(
        connection, dict.fromkeys([one.package for _, _, one in new]), fresh
    )
    contents = {content.sha256: content for _, _, one in new for _, content in one.files}
    blobs, count = add_blobs(connection, contents, fresh)
    written += count
    keys = [(path, blobs[content.sha256]) for _, _, one in new for path, content in one.files]
    files, count = _add_files(connection, dict.fromkeys(keys), fresh)
    written += count
    packs = [(fresh.take(), body) for body in bodies]
    entries: list[tuple[int, bytes, int, int, int]] = []
    links: list[tuple[int, int]] = []
    file = iter(keys)
    for place, (digest, _, facts) in enumerate(new):
        entry = ids[digest] = fresh.take()
        pack, position = divmod(place, PACK)
        entries.append((entry, digest, packages[facts.package], packs[pack][0], position))
        links += [(entry, files[next(file)]) for _ in facts.files]
    return written + sum(
        insert_rows(connection, table, rows)
        for table, rows in ((t.packs, packs), (t.entries, entries), (t.entry_files, links))
    )


def _add_packages(
    connection: Connection, keys: Collection[PackageKey], fresh: Ids
) -> tuple[dict[PackageKey, int], int]:
    rows = select_wanted(
        connection,
        list(dict.fromkeys(key[1:3] for key in keys)),
        "name, version",
        "SELECT p.kind, p.name, p.version, p.architecture, p.source_name, p.source_version, p.id "
        "FROM wanted CROSS JOIN packages p "
        "WHERE p.name = wanted.name AND p.version = wanted.version",
    )
    found: dict[PackageKey, int] = {row[:6]: row[6] for row in rows}
    new = fresh.give([key for key in keys if key not in found])
    return found | new, insert_rows(
        connection, t.packages, [(number, *key) for key, number in new.items()]
    )


def add_blobs(
    connection: Connection,
    contents: Mapping[bytes, Content],
    fresh: Ids,
    state: BlobState = BlobState.KNOWN,
) -> tuple[dict[bytes, int], int]:
    """Make rows for bytes that are not known yet.

    While nobody holds them their size is what an index says, and the last one is believed: an
    archive that says it wrong must not keep another one from fetching its file.

    Args:
        connection: Open write transaction.
        contents: By raw SHA-256.
        fresh: At least one id per content.
        state: State of new rows.

    Returns:
        Raw SHA-256 to id of all of them, and the number of rows inserted.
    """
    rows = select_wanted(
        connection,
        [(digest,) for digest in contents],
        "digest",
        "SELECT b.sha256, b.id, b.size, b.state FROM wanted CROSS JOIN blobs b "
        "WHERE b.sha256 = wanted.digest",
    )
    found: dict[bytes, int] = {}
    other_size = []
    for raw, blob_id, size, held in rows:
        digest = bytes(raw)
        found[digest] = blob_id
        if size != contents[digest].size and held != BlobState.PRESENT:
            other_size.append({"blob": blob_id, "said": contents[digest].size})
    if other_size:
        connection.execute(_SIZE, other_size)
    new = fresh.give(sorted(contents.keys() - found.keys()))
    added = [(number, *contents[digest], int(state)) for digest, number in new.items()]
    return found | new, insert_rows(connection, t.blobs, added)


def _add_files(
    connection: Connection, keys: Collection[tuple[str, int]], fresh: Ids
) -> tuple[dict[tuple[str, int], int], int]:
    rows = select_wanted(
        connection,
        # What became known in this transaction is nowhere named yet.
        [key for key in keys if key[1] < fresh.first],
        "path, blob_id",
        "SELECT f.path, f.blob_id, f.id FROM wanted CROSS JOIN files f "
        "WHERE f.path = wanted.path AND f.blob_id = wanted.blob_id",
    )
    found = {(path, blob_id): file_id for path, blob_id, file_id in rows}
    new = fresh.give([key for key in keys if key not in found])
    return found | new, insert_rows(
        connection, t.files, [(number, *key) for key, number in new.items()]
    )
