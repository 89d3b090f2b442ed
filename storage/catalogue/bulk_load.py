# SPDX-License-Identifier: GPL-3.0-or-later
"""Many rows in, many keys looked up: the one module of the catalogue that knows the dialects.

Inserting is COPY on PostgreSQL and `executemany` on SQLite. Looking up thousands of keys joins
a table of values; what differs is how such a table is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import IntegrityError

#: Column types that keys may have, as PostgreSQL calls them.
KEY_TYPES = {str: "text", bytes: "bytea", int: "bigint"}
#: Keys of one query; SQLite takes 32,766 values in one statement.
KEYS_AT_ONCE = 5000


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert rows that hold every column of a table, in its order.

    Args:
        connection: Open write transaction.
        table: Where to.
        rows: At least one column each; none is fine.

    Returns:
        How many rows.

    Raises:
        IntegrityError: A row that is there already.
    """
    if not rows:
        return 0
    names = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)", table, rows)
    else:
        marks = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608  # our names
            list(rows),
        )
    return len(rows)


def insert_one(connection: Connection, table: Table, **values: Any) -> int:
    """Insert a row that gets its id from the database; answers the id."""
    statement = insert(table).values(values).returning(table.c.id)
    inserted: int = connection.execute(statement).scalar_one()
    return inserted


def select_wanted(
    connection: Connection, keys: Sequence[tuple[Any, ...]], names: str, statement: str
) -> Iterator[tuple[Any, ...]]:
    """Run a query that joins the table `wanted`, which holds the given keys.

    Args:
        connection: Open transaction.
        keys: Distinct rows of one shape; values are str, bytes or int, never None.
        names: Names of their columns, such as `name, version`.
        statement: A SELECT over `wanted`; it must hold no value of a stranger and no `%`.

    Yields:
        Its rows, of all keys; in no order across `KEYS_AT_ONCE` keys.
    """
    for start in range(0, len(keys), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE]
        if connection.dialect.name == "postgresql":
            columns = [list(column) for column in zip(*part, strict=True)]
            types = [KEY_TYPES[type(value)] for value in part[0]]
            arrays = ", ".join(f"%s::{kind}[]" for kind in types)
            values = f"SELECT * FROM unnest({arrays})"  # noqa: S608  # marks only
            parameters: tuple[Any, ...] = tuple(columns)
        else:
            row = f"({', '.join('?' * len(part[0]))})"
            values = f"VALUES {', '.join([row] * len(part))}"
            parameters = tuple(value for key in part for value in key)
        query = f"WITH wanted ({names}) AS ({values}) {statement}"
        # The driver's own rows: making each one SQLAlchemy's costs as much as finding it.
        with closing(connection.exec_driver_sql(query, parameters)) as result:
            cursor: Any = result.cursor
            yield from cursor


def _copy(
    connection: Connection, statement: str, table: Table, rows: Sequence[tuple[Any, ...]]
) -> None:
    import psycopg  # noqa: PLC0415  slow, and of no use to a catalogue on SQLite

    driver: Any = connection.connection.driver_connection
    types = [_copy_type(column.type.compile(connection.dialect)) for column in table.columns]
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
    except psycopg.IntegrityError as error:
        raise IntegrityError(statement, None, error) from error


def _copy_type(name: str) -> str:
    return {"BYTEA": "bytea", "BIGINT": "int8", "SMALLINT": "int2", "INTEGER": "int4"}.get(
        name, "text"
    )
