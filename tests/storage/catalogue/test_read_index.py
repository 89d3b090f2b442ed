# SPDX-License-Identifier: GPL-3.0-or-later
"""From the bytes of an index to the ids of its entries, a batch after the other."""

from __future__ import annotations

import pytest

from snapshot.digest import Digest
from snapshot.errors import InvalidInput, StorageFull, VerificationError
from snapshot.stanza import stanza_key
from storage.catalogue import Catalogue, read_index
from storage.catalogue.add_facts import Added, FactWriter
from storage.catalogue.prepare_facts import Prepared
from storage.catalogue.read_index import IndexContent
from storage.database import Database
from tests.storage.catalogue.archive_maker import (
    MAIN,
    binary,
    content,
    day,
    import_run,
    index,
    listed,
    pieces,
)

STANZAS = [binary(name) for name in "abcdefg"]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_index, "STANZAS_AT_ONCE", 2)


def read(
    database: Database, stanzas: list[bytes], known: dict[bytes, int] | None = None
) -> IndexContent:
    data = index(stanzas)
    return read_index.read_index(database, MAIN, Digest.of(data), pieces(data), known or {})


def test_every_batch_is_counted(catalogue_database: Database) -> None:
    content = read(catalogue_database, STANZAS)
    assert content.ids.keys() == {stanza_key(stanza) for stanza in STANZAS}
    # Package, file, blob, entry, link; four packs for two of them at a time.
    assert (content.parsed, content.written) == (7, 7 * 5 + 4)


def test_a_stanza_that_comes_again_in_a_later_batch_is_one_entry(
    catalogue_database: Database,
) -> None:
    content = read(catalogue_database, [*STANZAS, STANZAS[0], STANZAS[6], STANZAS[0]])
    assert (len(content.ids), content.parsed) == (7, 7)


def test_what_a_neighbour_holds_is_neither_parsed_nor_looked_up(
    catalogue_database: Database,
) -> None:
    known = {stanza_key(stanza): number for number, stanza in enumerate(STANZAS)}
    content = read(catalogue_database, STANZAS, known)
    assert content == IndexContent(ids=known)


@pytest.mark.parametrize("place", range(1, 8))
def test_a_broken_stanza_is_named_in_whatever_batch_it_is(
    catalogue_database: Database, place: int
) -> None:
    stanzas = [*STANZAS[: place - 1], b"Package: broken", *STANZAS[place:]]
    with pytest.raises(InvalidInput, match=rf"stanza {place}:.*broken"):
        read(catalogue_database, stanzas)


def test_what_came_before_a_broken_stanza_is_kept(catalogue_database: Database) -> None:
    with pytest.raises(InvalidInput):
        read(catalogue_database, [*STANZAS[:5], b"Package: broken"])
    again = read(catalogue_database, STANZAS)
    assert (len(again.ids), again.parsed) == (7, 3)


def test_what_cannot_be_written_ends_the_import(
    catalogue_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote = FactWriter.add

    def full(writer: FactWriter, prepared: Prepared) -> Added:
        if stanza_key(STANZAS[2]) in {digest for digest, _, _ in prepared.new}:
            raise StorageFull("no room")
        return wrote(writer, prepared)

    monkeypatch.setattr(FactWriter, "add", full)
    with pytest.raises(StorageFull):
        read(catalogue_database, STANZAS)


def test_a_stanza_that_is_not_utf_8_is_an_entry_byte_by_byte(catalogue: Catalogue) -> None:
    old = binary("a") + b"\nMaintainer: Bj\xf6rn"
    import_run(catalogue, day(1), [old, binary("b")])
    assert listed(catalogue, day(1)) == {"a 1.0", "b 1.0"}
    assert list(catalogue.stanzas([content("a_1.0_amd64")]).values()) == [old]


def test_bytes_of_another_index_are_refused(catalogue_database: Database) -> None:
    with pytest.raises(VerificationError):
        read_index.read_index(catalogue_database, MAIN, Digest.of(b""), [index(STANZAS)], {})
