# SPDX-License-Identifier: GPL-3.0-or-later
"""Many rows in, many keys looked up: the one module of the catalogue that knows the dialects.

Inserting is COPY on PostgreSQL and statements of many rows on SQLite. Looking up thousands of
keys joins a table of values; what differs is how such a table is written, and how a value's
place is marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, Integer, LargeBinary, Table, insert
from sqlalchemy.exc import IntegrityError

from storage.database import Database, percent_marks

#: Column types that keys may have, as PostgreSQL calls them.
KEY_TYPES = {str: "text", bytes: "bytea", int: "bigint"}
#: Values that SQLite takes in one statement.
VALUES_AT_ONCE = 32_766
#: Keys of one query.
KEYS_AT_ONCE = 5000
#: Rows of one statement on SQLite; a power of four.
ROWS_AT_ONCE = 4096

#: What finds the place of a text in another one, counted from 1; 0: nowhere.
FIND_IN = {"sqlite": "instr", "postgresql": "strpos"}

#: What COPY's text format writes otherwise than it is.
_ODD = "\\\n\r\t"
_ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_NULL = r"\N"
# What fits into a few pages is read whole anyway.
_GROWN = (
    "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' "
    "AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) "
    "AND pg_relation_size(c.oid) "
    "> 2 * greatest(c.relpages, 8) * current_setting('block_size')::bigint ORDER BY c.relname"
)
_TOLD = "one by one"
_JOINS = "SELECT set_config('enable_hashjoin', %s, true), set_config('enable_mergejoin', %s, true)"


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
        _copy(connection, f"COPY {table.name} ({names}) FROM STDIN", table, rows)
    else:
        _insert_many(connection, f"INSERT INTO {table.name} ({names}) VALUES", table, rows)
    return len(rows)


def take_statistics(database: Database) -> None:
    """Have PostgreSQL look at tables that have become twice as large since it last did.

    Until it has, it reads whole tables: after a first import each lookup of a file took a hundred
    times longer, for as long as its own housekeeping had not come round. SQLite's plans stand in
    the statements.

    Args:
        database: The catalogue's; nothing else is done in the transaction.

    Raises:
        TransientError: The database cannot be reached.
    """
    if database.engine.dialect.name != "postgresql":
        return
    with database.write() as connection:
        grown = connection.exec_driver_sql(_GROWN).scalars().all()
        if grown:
            # Of some thousand rows: it is about orders of magnitude, and takes a fifth of the time.
            connection.exec_driver_sql("SET LOCAL default_statistics_target = 10")
            connection.exec_driver_sql(f"ANALYZE {', '.join(grown)}")


def insert_one(connection: Connection, table: Table, **values: Any) -> int:
    """Insert a row that gets its id from the database; answers the id."""
    statement = insert(table).values(values).returning(table.c.id)
    inserted: int = connection.execute(statement).scalar_one()
    return inserted


def select_rows(connection: Connection, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Run a query of a few rows that nearly every request asks.

    Args:
        connection: Open transaction.
        statement: A SELECT with places such as `:name` for values; it must hold no other colon, no
            value of a stranger and no `%`.
        **values: For its places; str, bytes or int.
    """
    if connection.dialect.name == "postgresql":
        statement = percent_marks(statement)
    return _driver(connection).execute(statement, values).fetchall()  # type: ignore[no-any-return]


def select_wanted(
    connection: Connection, keys: Sequence[tuple[Any, ...]], names: str, statement: str
) -> Iterator[tuple[Any, ...]]:
    """Run a query that joins the table `wanted`, which holds the given keys.

    Args:
        connection: Open transaction.
        keys: Distinct rows of one shape; values are str, bytes or int, never None.
        names: Names of their columns, such as `name, version`.
        statement: A SELECT over `wanted`; it must hold no value of a stranger and no `%`. Its joins
            go from there to what each next one is looked up by. For a key of NULLs it must find
            nothing.

    Yields:
        Its rows, of all keys; in no order across `KEYS_AT_ONCE` keys.
    """
    for start in range(0, len(keys), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE]
        if connection.dialect.name == "postgresql":
            types = [KEY_TYPES[type(value)] for value in part[0]]
            arrays = ", ".join(f"%s::{kind}[]" for kind in types)
            values = f"SELECT * FROM unnest({arrays})"  # noqa: S608  # marks only
            # One text for a column: the driver would look at each value by itself.
            parameters: tuple[Any, ...] = tuple(map(_array, zip(*part, strict=True)))
        else:
            # Of a few lengths only: the driver keeps each statement that it has read in memory.
            length = min(1 << (len(part) - 1).bit_length(), KEYS_AT_ONCE)
            row = f"({', '.join('?' * len(part[0]))})"
            values = f"VALUES {', '.join([row] * length)}"
            parameters = (*chain(*part), *[None] * ((length - len(part)) * len(part[0])))
            statement = _in_order(statement)
        query = f"WITH wanted ({names}) AS ({values}) {statement}"
        with one_by_one(connection):
            # The driver's own rows: making each one SQLAlchemy's costs as much as finding it.
            rows = _driver(connection).execute(query, parameters).fetchall()
        yield from rows


@lru_cache(maxsize=128)  # while a run is captured, some statements name it
def _in_order(statement: str) -> str:
    """The same, joined by SQLite in the order of its words.

    It would else guess by the number of keys: from 256 on it read whole tables, which took 20 s.
    """
    return re.sub(r"(?<!CROSS )(?<!LEFT )\bJOIN\b", "CROSS JOIN", statement)


@contextmanager
def one_by_one(connection: Connection) -> Iterator[None]:
    """Have each row of a query's joins looked up in an index.

    PostgreSQL would rather read a whole table, as long as that is not very large, and join all
    of it: an import's cost would follow what exists. SQLite does what `CROSS JOIN` says.

    Args:
        connection: Open transaction, in which nothing else is asked meanwhile. Within another
            `one_by_one` of it this does nothing: the server is told once for several questions.
    """
    if connection.dialect.name != "postgresql" or _TOLD in connection.info:
        yield
        return
    connection.exec_driver_sql(_JOINS, ("off", "off"))
    noted = connection.info  # a connection that was lost has none to give
    noted[_TOLD] = True
    try:
        yield
    finally:
        noted.pop(_TOLD, None)
    connection.exec_driver_sql(_JOINS, ("on", "on"))  # after an error the transaction ends anyway


def _driver(connection: Connection) -> Any:
    """The driver's own connection, in the transaction of SQLAlchemy's."""
    return connection.connection.driver_connection


def _array(values: Sequence[Any]) -> str:
    """A column of keys as PostgreSQL writes an array."""
    if isinstance(values[0], bytes):
        return '{"\\\\x' + '","\\\\x'.join([value.hex() for value in values]) + '"}'
    if isinstance(values[0], int):
        return "{" + ",".join(map(str, values)) + "}"
    if _is_in(values, '"\\'):
        values = [value.replace("\\", r"\\").replace('"', r"\"") for value in values]
    return '{"' + '","'.join(values) + '"}'


def _is_in(values: Sequence[str], odd: str) -> bool:
    """Whether one of some characters is in one of many texts; nearly always none is."""
    together = "".join(values)
    return any(one in together for one in odd)


def _insert_many(
    connection: Connection, statement: str, table: Table, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert with few statements: Python's other threads run while SQLite is in one.

    The driver keeps statements in memory, so that they are of some few lengths only.
    """
    marks = f"({', '.join('?' * len(table.columns))})"
    start, length = 0, ROWS_AT_ONCE
    while start < len(rows):
        while length > min(len(rows) - start, VALUES_AT_ONCE // len(table.columns)):
            length //= 4
        part = rows[start : start + length]
        connection.exec_driver_sql(
            f"{statement} {', '.join([marks] * length)}", tuple(chain.from_iterable(part))
        )
        start += length


def _copy(
    connection: Connection, statement: str, table: Table, rows: Sequence[tuple[Any, ...]]
) -> None:
    import psycopg  # noqa: PLC0415  slow, and of no use to a catalogue on SQLite

    driver = _driver(connection)
    columns = map(_copied, table.columns, zip(*rows, strict=True))
    text = "\n".join(map("\t".join, zip(*columns, strict=True)))
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(f"{text}\n")
    except psycopg.IntegrityError as error:
        raise IntegrityError(statement, None, error) from error


def _copied(column: Column[Any], values: Sequence[Any]) -> Iterable[str]:
    """A column's values as COPY's text format has them."""
    if isinstance(column.type, LargeBinary):
        return [_NULL if value is None else rf"\\x{value.hex()}" for value in values]
    if isinstance(column.type, Integer):  # of any size
        return [_NULL if value is None else str(value) for value in values]
    if (column.nullable and None in values) or _is_in(values, _ODD):
        return [_NULL if value is None else value.translate(_ESCAPED) for value in values]
    return values
