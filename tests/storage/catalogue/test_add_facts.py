# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts are added once, whoever says them and however often."""

from __future__ import annotations

import threading

import pytest
import zstandard
from sqlalchemy import Table, func, select

from snapshot.stanza import stanza_key
from storage.catalogue import add_facts as add_facts_module
from storage.catalogue import tables as t
from storage.catalogue.add_facts import Added, FactWriter
from storage.catalogue.prepare_facts import PACK, prepare_facts
from storage.catalogue.read_stanza import StanzaReader, read_binary, read_source
from storage.database import Database
from tests.storage.catalogue.archive_maker import binary, source


def pending(*stanzas: bytes) -> list[tuple[int, bytes, bytes]]:
    return [(number, stanza_key(one), one) for number, one in enumerate(stanzas, start=1)]


def add_facts(
    database: Database, stanzas: list[tuple[int, bytes, bytes]], read: StanzaReader
) -> Added:
    return FactWriter(database).add(prepare_facts(database, stanzas, read))


def rows(database: Database, table: Table) -> int:
    with database.read() as connection:
        count: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return count


def test_what_is_known_is_not_added_again(catalogue_database: Database) -> None:
    first = add_facts(catalogue_database, pending(binary("a")), read_binary)
    again = add_facts(catalogue_database, pending(binary("a")), read_binary)
    assert again == Added(first.ids, 0, 0)


def test_what_is_prepared_while_the_last_is_written_is_not_looked_up_again(
    catalogue_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = FactWriter(catalogue_database)
    stanzas = [binary(name) for name in "abcd"]
    first, *others = (
        prepare_facts(catalogue_database, pending(one), read_binary) for one in stanzas[:3]
    )
    writer.add(first)
    last = prepare_facts(catalogue_database, pending(stanzas[3]), read_binary)
    monkeypatch.setattr(add_facts_module, "known_entries", None)
    added = [writer.add(one) for one in [*others, last]]
    assert [one.written for one in added] == [6, 6, 6]
    assert rows(catalogue_database, t.entries) == 4


@pytest.mark.parametrize("ours", [0, 1, 2])
def test_what_somebody_else_added_between_look_up_and_writing_is_found(
    catalogue_database: Database, ours: int
) -> None:
    """Whatever we added ourselves before the stranger came, or after."""
    writer, stranger = FactWriter(catalogue_database), FactWriter(catalogue_database)
    stanzas = pending(*(binary(f"p{number}") for number in range(PACK + 6)))
    theirs = prepare_facts(catalogue_database, stanzas[1::7], read_binary)
    between = [
        prepare_facts(catalogue_database, pending(binary(f"own{n}")), read_binary) for n in "ab"
    ]
    for one in between[:ours]:
        writer.add(one)
    prepared = prepare_facts(catalogue_database, stanzas, read_binary)
    found = stranger.add(theirs)
    for one in between[ours:]:
        writer.add(one)
    added = writer.add(prepared)
    assert found.ids.items() <= added.ids.items()
    assert added.ids.keys() == {digest for _, digest, _ in stanzas}
    assert rows(catalogue_database, t.entries) == len(stanzas) + 2
    for number, (_, digest, stanza) in enumerate(stanzas):
        assert stanza_of(catalogue_database, digest) == stanza, number


def stanza_of(database: Database, digest: bytes) -> bytes:
    e, p = t.entries.c, t.packs.c
    query = select(p.body, e.position).join(t.packs, p.id == e.pack_id).where(e.digest == digest)
    with database.read() as connection:
        body, position = connection.execute(query).one()
    stanzas = zstandard.decompress(body).split(b"\n\n")
    return bytes(stanzas[position])


def test_two_stanzas_of_one_file_share_package_file_and_blob(catalogue_database: Database) -> None:
    stanzas = pending(binary("a"), binary("a", tag="moved"))
    added = add_facts(catalogue_database, stanzas, read_binary)
    assert len(set(added.ids.values())) == 2
    counts = [rows(catalogue_database, x) for x in (t.entries, t.packages, t.files, t.blobs)]
    assert counts == [2, 1, 1, 1]


def test_one_name_with_two_contents_is_two_files(catalogue_database: Database) -> None:
    add_facts(catalogue_database, pending(binary("a"), binary("a", bytes_="x")), read_binary)
    assert [rows(catalogue_database, x) for x in (t.packages, t.files, t.blobs)] == [1, 2, 2]


def test_a_source_links_all_its_files(catalogue_database: Database) -> None:
    added = add_facts(catalogue_database, pending(source("a")), read_source)
    assert rows(catalogue_database, t.entry_files) == 2
    # Package, pack, entry; two files, two blobs, two links.
    assert added.written == 9


def test_written_is_the_number_of_rows(catalogue_database: Database) -> None:
    added = add_facts(catalogue_database, pending(binary("a"), binary("b")), read_binary)
    every = (t.packages, t.packs, t.entries, t.blobs, t.files, t.entry_files)
    assert added.written == sum(rows(catalogue_database, table) for table in every)


def test_two_importers_at_once_add_each_fact_once(catalogue_database: Database) -> None:
    stanzas = [binary(f"p{number}") for number in range(50)]
    found: list[Added] = []

    def work(order: list[bytes]) -> None:
        found.append(add_facts(catalogue_database, pending(*order), read_binary))

    orders = (stanzas, stanzas[::-1], stanzas[25:] + stanzas[:25])
    threads = [threading.Thread(target=work, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.ids for one in found] == [found[0].ids] * 3
    assert rows(catalogue_database, t.entries) == rows(catalogue_database, t.blobs) == 50


def test_digits_that_are_no_digest_are_not_recorded(catalogue_database: Database) -> None:
    stanza = binary("a").replace(b"SHA1: ", b"SHA1: not-hexadecimal-")
    add_facts(catalogue_database, pending(stanza), read_binary)
    with catalogue_database.read() as connection:
        assert connection.execute(select(t.blobs.c.sha1)).scalar_one() is None


def test_while_nobody_holds_a_file_the_last_size_said_of_it_counts(
    catalogue_database: Database,
) -> None:
    wrong = binary("a").replace(b"Size: 1001", b"Size: 5")
    for stanza, size in ((wrong, 5), (binary("a"), 1001)):
        add_facts(catalogue_database, pending(stanza), read_binary)
        with catalogue_database.read() as connection:
            assert connection.execute(select(t.blobs.c.size)).scalar_one() == size
