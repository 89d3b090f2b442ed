# SPDX-License-Identifier: GPL-3.0-or-later
"""A closure's blobs are pinned as long as it needs them, and by it alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue, ClosureRecord
from storage.catalogue import tables as t
from storage.catalogue.closures import holder_of
from storage.database import Database
from tests.storage.catalogue.archive_maker import content, day


def closure(name: str = "base", manifest: str = "m", changed: Timestamp = day(1)) -> ClosureRecord:  # noqa: B008  a constant
    return ClosureRecord(name, content("d"), content(manifest), changed)


def pins(database: Database, name: str) -> set[Digest]:
    with database.read() as connection:
        query = select(t.pins.c.digest).where(t.pins.c.holder == holder_of(name))
        return {Digest.from_raw(bytes(raw)) for raw in connection.execute(query).scalars()}


def test_what_a_closure_no_longer_needs_is_let_go(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    a, b, c = content("a"), content("b"), content("c")
    catalogue.closures.put(closure(), [a, b])
    catalogue.closures.put(closure("other"), [b])
    assert pins(catalogue_database, "base") == {a, b}
    catalogue.closures.put(closure(manifest="n"), [b, c])
    assert pins(catalogue_database, "base") == {b, c}
    assert pins(catalogue_database, "other") == {b}
    found = catalogue.closures.get("base")
    assert found == closure(manifest="n")
    assert [one.name for one in catalogue.closures.all()] == ["base", "other"]


def test_the_same_again_changes_nothing(catalogue: Catalogue) -> None:
    catalogue.closures.put(closure(changed=day(1)), [content("a")])
    before = list(catalogue.dump())
    catalogue.closures.put(closure(changed=day(2)), [content("a")])
    assert list(catalogue.dump()) == before


def test_a_removed_closure_holds_nothing(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    catalogue.closures.put(closure(), [content(str(n)) for n in range(1200)])
    assert catalogue.closures.remove("base")
    assert pins(catalogue_database, "base") == set()
    assert catalogue.closures.get("base") is None
    assert not catalogue.closures.remove("base")


def test_two_at_once_end_with_the_pins_of_both(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    wanted = [content(str(n)) for n in range(50)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: catalogue.closures.put(closure(), wanted), range(8)))
    assert pins(catalogue_database, "base") == set(wanted)
