# SPDX-License-Identifier: GPL-3.0-or-later
"""A database that was emptied is as good as a fresh one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import inspect, select, text

from storage.catalogue import Catalogue
from storage.catalogue import tables as catalogue_tables
from storage.database import Database, Kind
from storage.ledger import Ledger
from storage.ledger import tables as ledger_tables
from tests import kept_databases as subject
from tests.databases import Backend, DatabaseUrls
from tests.kept_databases import KeptDatabases
from tests.storage.catalogue.archive_maker import binary, day, import_run
from tests.storage.ledger.samples import new_target, spread

METADATA = {"catalogue": catalogue_tables.metadata, "ledger": ledger_tables.metadata}


@pytest.fixture(params=["catalogue", "ledger"])
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def fresh(kind: Kind, database_urls: DatabaseUrls) -> Iterator[Database]:
    database = Database.open(database_urls.of(kind), kind)
    yield database
    database.close()


def content(database: Database) -> dict[str, Any]:
    """All rows, and the ids that come next."""
    with database.read() as connection:
        known = inspect(connection).get_table_names()
        tables = METADATA[database.kind].tables
        assert {name for name in known if "version" not in name} == set(tables)
        found: dict[str, Any] = {
            name: connection.execute(select(table)).all() for name, table in tables.items()
        }
        if database.engine.dialect.name == "sqlite":
            found["next"] = connection.execute(text("SELECT * FROM sqlite_sequence")).all()
        else:
            query = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = :kind"
            rows = connection.execute(text(query), {"kind": database.kind}).all()
            # Without a value: nothing was taken, or it was set back.
            found["next"] = {name: value for name, value in rows if value}
    return found


def fill(database: Database) -> None:
    if database.kind == "catalogue":
        import_run(Catalogue(database), day(1), [binary("a")])
    else:
        Ledger(database).targets.put([new_target()], now=1.0, spread=spread)


@pytest.mark.parametrize("large", [0, 1 << 60])
def test_nothing_is_left_of_the_test_before(
    backend: Backend,
    fresh: Database,
    kept_databases: KeptDatabases,
    monkeypatch: pytest.MonkeyPatch,
    large: int,
) -> None:
    monkeypatch.setattr(subject, "_LARGE", large)
    kept = kept_databases.emptied(backend, fresh.kind)
    fill(kept)
    assert content(kept) != content(fresh)
    assert kept_databases.emptied(backend, fresh.kind) is kept
    assert content(kept) == content(fresh)


def test_one_that_a_failed_test_still_holds_is_not_waited_for(
    kept_databases: KeptDatabases, postgresql_cluster: object
) -> None:
    held = kept_databases.emptied("postgresql", "ledger", "held")
    with held.write() as connection:
        connection.execute(text("LOCK TABLE targets"))
        other = kept_databases.emptied("postgresql", "ledger", "held")
        assert other is not held
        fill(other)


def test_uses_do_not_meet(backend: Backend, kept_databases: KeptDatabases) -> None:
    first, second = (kept_databases.emptied(backend, "ledger", use) for use in ("a", "b"))
    fill(first)
    assert kept_databases.emptied(backend, "ledger", "b") is second
    assert content(first) != content(second)
