# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the migrations of one kind inside the transaction that `Database.upgrade` opened."""

from alembic import context
from sqlalchemy import Connection, text


def _run() -> None:
    connection: Connection = context.config.attributes["connection"]
    kind: str = context.config.attributes["kind"]
    if connection.dialect.name == "postgresql":
        # Two programs that start at once both find nothing: the lock lets one make it.
        # On SQLite the write transaction is such a lock.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('dejabuild migrations'))"))
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {kind}"))
    context.configure(
        connection=connection,
        version_table=f"{kind}_version",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run()
