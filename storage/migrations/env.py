# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the migrations of one kind on the connection that `Database.upgrade` hands over."""

from alembic import context
from sqlalchemy import Connection, text


def _metadata(kind: str) -> object:
    # Imported by kind: a ledger must be migratable without loading the catalogue's tables.
    if kind == "ledger":
        from storage.ledger.tables import metadata  # noqa: PLC0415

        return metadata
    from storage.catalogue.tables import metadata as catalogue  # noqa: PLC0415

    return catalogue


def _run() -> None:
    connection: Connection = context.config.attributes["connection"]
    kind: str = context.config.attributes["kind"]
    context.configure(
        connection=connection,
        target_metadata=_metadata(kind),  # type: ignore[arg-type]
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext(:name))"),
                {"name": f"dejabuild {kind}"},
            )
        context.run_migrations()


_run()
