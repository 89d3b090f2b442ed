# SPDX-License-Identifier: GPL-3.0-or-later
"""The migrations make exactly the tables that the program uses."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select

from storage.catalogue import tables as t
from storage.catalogue.tables import metadata
from storage.database import Database


def test_migrations_and_tables_agree(catalogue_database: Database) -> None:
    with catalogue_database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "catalogue_version"}
        )
        assert compare_metadata(context, metadata) == []
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())


def test_text_sorts_bytewise_on_both(catalogue_database: Database) -> None:
    words = ["a-b", "ab", "a b", "A", "é", "~", "a.b", "Z"]
    with catalogue_database.write() as connection:
        connection.execute(t.archives.insert(), [{"name": word} for word in words])
        found = connection.execute(select(t.archives.c.name).order_by(t.archives.c.name))
        assert list(found.scalars()) == sorted(words, key=lambda word: word.encode())
