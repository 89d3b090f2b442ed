# SPDX-License-Identifier: GPL-3.0-or-later
"""From the bytes of an index to the ids of its entries; what is new becomes facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, VerificationError
from snapshot.stanza import iter_stanzas, stanza_key
from storage.catalogue.add_facts import Added, add_facts
from storage.catalogue.read_stanza import StanzaReader, reader_of
from storage.database import Database

#: Stanzas of one transaction: about a fifth of a second on a slow disk.
STANZAS_AT_ONCE = 4000


@dataclass(slots=True)
class IndexContent:
    """What an index holds, and what finding that out cost.

    Attributes:
        ids: Entry ids by digest.
        parsed: Stanzas that were parsed.
        written: Rows inserted.
        unnamed: Parsed stanzas whose files have no SHA-256.
    """

    ids: dict[bytes, int] = field(default_factory=dict)
    parsed: int = 0
    written: int = 0
    unnamed: int = 0

    def add(self, added: Added) -> None:
        """Count what a batch did."""
        self.ids.update(added.ids)
        self.parsed += added.parsed
        self.written += added.written
        self.unnamed += added.unnamed


def read_index(
    database: Database,
    coordinates: Coordinates,
    index: Digest,
    chunks: Iterable[bytes],
    known: Mapping[bytes, int],
) -> IndexContent:
    """Cut, hash, and make entries of what is new, some thousand stanzas at a time.

    While those are being written the next ones are cut: PostgreSQL works beside us.

    Args:
        database: The catalogue.
        coordinates: The stream; it says how stanzas are read.
        index: SHA-256 of the plain index.
        chunks: The plain index in pieces.
        known: Entries that it probably holds: ids by digest.

    Raises:
        InvalidInput: A stanza that cannot be read; says which.
        VerificationError: The bytes are not those of the digest.
    """
    content = IndexContent()
    running = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for chunk in chunks:
            running.update(chunk)
            yield chunk

    with ThreadPoolExecutor(max_workers=1) as beside:
        adding: Future[Added] | None = None
        pending = _Pending(database, coordinates)
        for number, stanza in enumerate(iter_stanzas(hashed()), start=1):
            key = stanza_key(stanza)
            entry_id = known.get(key)
            if entry_id is not None:
                content.ids[key] = entry_id
            elif key not in content.ids and key not in pending.stanzas:
                pending.stanzas[key], pending.numbers[key] = stanza, number
                if len(pending.stanzas) == STANZAS_AT_ONCE:
                    if adding is not None:
                        content.add(adding.result())
                    adding = beside.submit(pending.add)
                    pending = _Pending(database, coordinates)
        if adding is not None:
            content.add(adding.result())
    content.add(pending.add())
    if running.digest() != index.raw:
        raise VerificationError(f"an index whose bytes are not those of {index}")
    return content


@dataclass(slots=True)
class _Pending:
    """Stanzas of an index that may be new.

    Attributes:
        database: The catalogue.
        coordinates: The stream.
        stanzas: By digest.
        numbers: Which stanza of the index it is, by digest.
    """

    database: Database
    coordinates: Coordinates
    stanzas: dict[bytes, bytes] = field(default_factory=dict)
    numbers: dict[bytes, int] = field(default_factory=dict)

    def add(self) -> Added:
        """Make entries of them."""
        read = reader_of(self.coordinates)
        try:
            return add_facts(self.database, list(self.stanzas.items()), read)
        except InvalidInput as error:
            number = next(
                (self.numbers[key] for key, one in self.stanzas.items() if not _reads(read, one)), 0
            )
            raise InvalidInput(
                f"the index of {self.coordinates}, stanza {number:,}: {error.message}",
                advice=error.advice,
            ) from error


def _reads(read: StanzaReader, stanza: bytes) -> bool:
    """Whether a stanza can be read; asked only to say which one could not."""
    try:
        read(stanza)
    except InvalidInput:
        return False
    return True
