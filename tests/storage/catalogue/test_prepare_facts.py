# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known is not read, what is new is read once and packed."""

from __future__ import annotations

import pytest
import zstandard

from snapshot.errors import InvalidInput
from snapshot.stanza import stanza_key
from storage.catalogue.add_facts import FactWriter
from storage.catalogue.prepare_facts import PACK, Pending, prepare_facts
from storage.catalogue.read_stanza import StanzaFacts, read_binary
from storage.database import Database
from tests.storage.catalogue.archive_maker import binary


def pending(*stanzas: bytes) -> Pending:
    return [(number, stanza_key(one), one) for number, one in enumerate(stanzas, start=1)]


def unread(stanza: bytes) -> StanzaFacts:
    raise AssertionError(stanza)


def test_what_is_known_is_not_read(catalogue_database: Database) -> None:
    prepared = prepare_facts(catalogue_database, pending(binary("a")), read_binary)
    added = FactWriter(catalogue_database).add(prepared)
    again = prepare_facts(catalogue_database, pending(binary("a")), unread)
    assert (again.ids, again.new, again.packs) == (added.ids, [], [])


def test_new_stanzas_are_packed_in_their_order(catalogue_database: Database) -> None:
    stanzas = [binary(f"p{number}") for number in range(PACK + 1)]
    prepared = prepare_facts(catalogue_database, pending(*stanzas), read_binary)
    packs = [zstandard.decompress(pack).split(b"\n\n") for pack in prepared.packs]
    assert packs == [stanzas[:PACK], stanzas[PACK:]]


def test_packs_hold_only_what_is_still_new(catalogue_database: Database) -> None:
    stanzas = [binary(f"p{number}") for number in range(PACK + 1)]
    prepared = prepare_facts(catalogue_database, pending(*stanzas), read_binary)
    left = prepared.without({stanza_key(stanzas[3]): 7})
    assert left.ids == {stanza_key(stanzas[3]): 7}
    (pack,) = left.packs
    assert zstandard.decompress(pack).split(b"\n\n") == stanzas[:3] + stanzas[4:]


def test_a_stanza_that_cannot_be_read_is_called_by_its_number(
    catalogue_database: Database,
) -> None:
    stanzas = [(17, b"x" * 32, binary("a")), (1234, b"y" * 32, b"Package: broken")]
    with pytest.raises(InvalidInput, match=r"^stanza 1,234: .*broken"):
        prepare_facts(catalogue_database, stanzas, read_binary)
