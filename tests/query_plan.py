# SPDX-License-Identifier: GPL-3.0-or-later
"""How a database would answer a question: which indices it uses."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from storage.database import Database


def query_plan(database: Database, statement: str, **values: Any) -> str:
    """The plan as text; PostgreSQL is told not to read small tables whole, as it likes to."""
    plan, settings = "EXPLAIN QUERY PLAN ", "SELECT 1"
    if database.engine.dialect.name == "postgresql":
        plan, settings = "EXPLAIN ", "SET LOCAL enable_seqscan = off"
    with database.write() as connection:
        connection.execute(text(settings))
        return "\n".join(map(str, connection.execute(text(plan + statement), values)))
