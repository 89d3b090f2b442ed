# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from snapshot.digest import Digest
from storage.database import Database
from storage.ledger import tables as t
from tests.storage.ledger.samples import NOON


def test_the_migrations_make_exactly_these_tables(ledger_database: Database) -> None:
    with ledger_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "ledger_version"})
        differences = compare_metadata(context, t.metadata)
    assert differences == []


def test_partial_indexes_are_partial(ledger_database: Database) -> None:
    with ledger_database.read() as connection:
        if ledger_database.engine.dialect.name == "sqlite":
            query = "SELECT sql FROM sqlite_master WHERE name = 'ix_jobs_queued'"
        else:
            query = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_jobs_queued'"
        words = connection.execute(text(query)).scalar_one()
    assert "WHERE" in words
    assert "queued" in words


def test_a_digest_is_stored_as_its_32_bytes(ledger_database: Database) -> None:
    digest = Digest.of(b"identity")
    with ledger_database.write() as connection:
        connection.execute(
            t.targets.insert().values(
                identity=digest, kind="source", distribution="debian", source="a", version="1",
                architecture="all", backend="debian", build="all", input_name="a.dsc",
                input_url="", created_at=NOON,
            )
        )  # fmt: skip
        raw = connection.execute(text("SELECT identity FROM targets")).scalar_one()
        assert bytes(raw) == digest.raw
        assert connection.execute(t.targets.select()).one().identity == digest


def test_every_table_has_the_columns_that_code_knows(ledger_database: Database) -> None:
    inspector = inspect(ledger_database.engine)
    for table in t.metadata.sorted_tables:
        found = {column["name"] for column in inspector.get_columns(table.name)}
        assert found == set(table.c.keys()), table.name
