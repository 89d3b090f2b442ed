# SPDX-License-Identifier: GPL-3.0-or-later
"""From the bytes of an index to the ids of its entries; what is new becomes facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, VerificationError
from snapshot.stanza import cut_stanzas, stanza_key
from storage.catalogue.add_facts import Added, FactWriter
from storage.catalogue.prepare_facts import Pending, prepare_facts
from storage.catalogue.read_stanza import reader_of
from storage.database import Database

#: Stanzas of one transaction: about a fifth of a second on a slow disk.
STANZAS_AT_ONCE = 4096


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

    While those are being written the next ones are cut, looked up, read and compressed: the
    database works beside us. No more than two batches are in memory.

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
    read = reader_of(coordinates)
    writer = FactWriter(database)
    adding: Future[Added] | None = None
    with ThreadPoolExecutor(max_workers=2) as beside:
        stanzas = _Stanzas(known)
        for pending in stanzas.batches(_verified(index, chunks, beside)):
            try:
                prepared = prepare_facts(database, pending, read)
            except InvalidInput as error:
                message = f"the index of {coordinates}, {error.message}"
                raise InvalidInput(message, advice=error.advice) from error
            if adding is not None:
                content.add(adding.result())
            adding = beside.submit(writer.add, prepared)
        if adding is not None:
            content.add(adding.result())
    content.ids.update([(key, known[key]) for key in stanzas.keys if key in known])
    return content


def _verified(index: Digest, chunks: Iterable[bytes], beside: Executor) -> Iterator[bytes]:
    """The same chunks; each is hashed while it is being cut."""
    running = hashlib.sha256()
    hashing: Future[None] | None = None
    for chunk in chunks:
        if hashing is not None:
            hashing.result()
        hashing = beside.submit(running.update, chunk)
        yield chunk
    if hashing is not None:
        hashing.result()
    if running.digest() != index.raw:
        raise VerificationError(f"an index whose bytes are not those of {index}")


class _Stanzas:
    """The stanzas of an index.

    Args:
        known: Entries that it probably holds: ids by digest.

    Attributes:
        keys: Digests of those that were read.
    """

    def __init__(self, known: Mapping[bytes, int]) -> None:
        self.keys: set[bytes] = set()
        self._known = known

    def batches(self, chunks: Iterable[bytes]) -> Iterator[Pending]:
        """Those that may be new, some thousand at a time, none twice."""
        pending: list[tuple[int, bytes, bytes]] = []
        first = 1
        for stanzas in cut_stanzas(chunks):
            keys = [stanza_key(stanza) for stanza in stanzas]
            new = set(keys).difference(self._known).difference(self.keys)
            self.keys.update(keys)
            for number, key, stanza in (
                zip(count(first), keys, stanzas, strict=False) if new else ()
            ):
                if key not in new:
                    continue
                new.remove(key)
                pending.append((number, key, stanza))
                if len(pending) == STANZAS_AT_ONCE:
                    yield pending
                    pending = []
            first += len(stanzas)
        if pending:
            yield pending
