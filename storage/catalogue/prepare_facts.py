# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of adding facts that needs no lock: looking up, reading, compressing.

It is done for some stanzas while those before them are being written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import zstandard
from sqlalchemy import Connection, text

from snapshot.errors import InvalidInput
from storage.catalogue.bulk_load import select_wanted
from storage.catalogue.read_stanza import StanzaFacts, StanzaReader
from storage.database import Database

#: Stanzas compressed together.
PACK = 64

_UNTAKEN = text("SELECT next_id FROM identifiers")

#: The number of a stanza in its index, its digest, its bytes.
Pending = Sequence[tuple[int, bytes, bytes]]
#: digest, stanza, what it says.
New = Sequence[tuple[bytes, bytes, StanzaFacts]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Some stanzas, ready to be made entries.

    Attributes:
        untaken: The first id that nobody had taken when the stanzas were looked up.
        ids: Entry ids of those that were known, by digest.
        new: The others.
        packs: The stanzas of those, `PACK` at a time.
    """

    untaken: int
    ids: dict[bytes, int]
    new: New
    packs: Sequence[bytes]

    def without(self, known: dict[bytes, int]) -> Prepared:
        """The same when some of them have become known."""
        new = [item for item in self.new if item[0] not in known]
        packs = self.packs if len(new) == len(self.new) else packed(new)
        return Prepared(self.untaken, {**self.ids, **known}, new, packs)


def prepare_facts(database: Database, pending: Pending, read: StanzaReader) -> Prepared:
    """Find out which stanzas are new, and what those say.

    Args:
        database: The catalogue.
        pending: Those of one transaction, some thousand, each digest once.
        read: How such stanzas are read; called only for those no index had before.

    Raises:
        InvalidInput: A stanza that cannot be read; says which.
    """
    with database.read() as connection:
        untaken: int = connection.execute(_UNTAKEN).scalar_one()
        ids = known_entries(connection, [digest for _, digest, _ in pending])
    new = list(_read(pending, ids, read))
    return Prepared(untaken, ids, new, packed(new))


def known_entries(connection: Connection, digests: Collection[bytes]) -> dict[bytes, int]:
    """Which digests are those of entries: digest to entry id."""
    rows = select_wanted(
        connection,
        [(digest,) for digest in digests],
        "digest",
        "SELECT e.digest, e.id FROM wanted CROSS JOIN entries e WHERE e.digest = wanted.digest",
    )
    return {bytes(digest): entry_id for digest, entry_id in rows}


def packed(new: New) -> list[bytes]:
    """Stanzas compressed, `PACK` at a time."""
    return [
        zstandard.compress(b"\n\n".join([stanza for _, stanza, _ in new[start : start + PACK]]))
        for start in range(0, len(new), PACK)
    ]


def _read(
    pending: Pending, known: dict[bytes, int], read: StanzaReader
) -> Iterator[tuple[bytes, bytes, StanzaFacts]]:
    for number, digest, stanza in pending:
        if digest in known:
            continue
        try:
            yield digest, stanza, read(stanza)
        except InvalidInput as error:
            message = f"stanza {number:,}: {error.message}"
            raise InvalidInput(message, advice=error.advice) from error
