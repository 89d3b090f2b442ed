# SPDX-License-Identifier: GPL-3.0-or-later
"""One database of one kind: connections, transactions, migrations.

A catalogue and a ledger are two SQLite files, or two schemas of one PostgreSQL database.
Transactions say what they are for: `read()` sees one consistent state; `write()` takes the
write lock at its beginning (`BEGIN IMMEDIATE` on SQLite), so two writers wait for each other
instead of one of them failing half-way with "database is locked".

Opening differs by nature and does so here; statements are the same everywhere but in
`storage.catalogue.bulk_load` and `storage.ledger.claim_job`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from snapshot.errors import ConfigurationError
from storage.ask_sqlite import SQLiteAsker
from storage.database_errors import translated

Kind = Literal["catalogue", "ledger"]

#: Seconds a SQLite connection waits for the write lock. Transactions last below one.
BUSY_SECONDS = 30

MIGRATIONS = Path(__file__).parent / "migrations"
#: What ends a statement in the texts beside them, and stands in none.
STATEMENT_END = ";\n"
#: Connections kept open; more are opened under load and closed again. The one used last is taken
#: first: its pages are in memory.
_POOL, _OVERFLOW = 5, 20
#: Bytes of pages that an SQLite connection keeps in memory.
_CACHE = 64 << 20
# Alembic keeps what it is doing in global variables.
_ONE_UPGRADE = Lock()
_ADVICE = "write sqlite:////path/to/file.sqlite or postgresql://user@host/name"


class Database:
    """An opened database. Safe to share between threads; open it anew after a fork.

    Attributes:
        kind: Which of the two it is.
        engine: SQLAlchemy's engine; used inside `storage` only.
    """

    def __init__(
        self,
        engine: Engine,
        kind: Kind,
        reading: Mapping[str, Any],
        *,
        asker: SQLiteAsker | None = None,
        new: Path | None = None,
    ) -> None:
        self.kind = kind
        self.engine = engine
        self._reading = dict(reading)
        self._new = new
        self._name = str(engine.url)
        self._asker = asker

    @classmethod
    def open(cls, url: str, kind: Kind, *, small: bool = False) -> Database:
        """Open, without touching the schema: call `upgrade` before the first use.

        Args:
            url: `sqlite:////path/file.sqlite` or `postgresql://user@host/name`.
            kind: `catalogue` or `ledger`; on PostgreSQL it is the name of the schema.
            small: Keep little in memory, for one of many processes that read.

        Raises:
            ConfigurationError: Not such a URL.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise ConfigurationError(f"not a database URL: {url!r}", advice=_ADVICE) from error
        name = parsed.get_backend_name()
        if name == "sqlite":
            engine = _sqlite(parsed, small=small)
            asker = SQLiteAsker(engine, partial(_check_file, url=parsed))
            return cls(engine, kind, {}, asker=asker, new=MIGRATIONS / f"{kind}.sql")
        if name == "postgresql":
            # Several statements of one reader must see one state, as they do on SQLite.
            reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            return cls(_postgresql(parsed, kind), kind, reading)
        raise ConfigurationError(f"unknown database {name!r}", advice=_ADVICE)

    def upgrade(self) -> None:
        """Create or migrate the tables; nothing happens when they are current.

        Programs that start at once wait for each other.

        Raises:
            ConfigurationError: The file cannot be opened.
            TransientError: The database cannot be reached, or stayed locked.
        """
        if self._is_current():
            return
        if self._new is not None:
            self._make_new(self._new)
        if not self._is_current():
            self.migrate()

    def _make_new(self, text: Path) -> None:
        """Make the tables of a file in which there is nothing; see `storage.write_new_tables`."""
        with self.write() as connection:
            if not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
                for statement in text.read_text(encoding="utf-8").split(STATEMENT_END)[:-1]:
                    connection.exec_driver_sql(statement)

    def migrate(self) -> None:
        """Run each migration that is lacking; what `upgrade` does when there is no shorter way."""
        # Alembic is slow to import, and needed once in a release's life.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", str(MIGRATIONS / self.kind))
        with _ONE_UPGRADE, self.write() as connection:
            config.attributes["connection"] = connection
            config.attributes["kind"] = self.kind
            command.upgrade(config, "head")

    def _is_current(self) -> bool:
        """Whether the tables are those of the newest migration, found out without Alembic."""
        newest = max(path.name for path in (MIGRATIONS / self.kind).glob("[0-9]*.py"))
        try:
            with self.read() as connection:
                found = connection.exec_driver_sql(f"SELECT version_num FROM {self.kind}_version")  # noqa: S608  our names
                return found.scalars().all() == [f"{self.kind}_{newest[:4]}"]
        except DBAPIError:  # no such table
            return False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent state; nothing written here is kept.

        Raises:
            TransientError: The database cannot be reached.
        """
        with translated(self._name), self.engine.connect() as connection:
            reading = connection.execution_options(**self._reading) if self._reading else connection
            # Now, and not before SQLAlchemy's first statement: many go to the driver.
            with reading.begin() as transaction:
                yield reading
                transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any exception.

        Raises:
            TransientError: The database cannot be reached, or somebody else wrote for longer
                than `BUSY_SECONDS`.
            StorageFull: No room left on the device.
        """
        with translated(self._name), self.engine.connect() as connection:
            writing = connection.execution_options(dejabuild_begin="IMMEDIATE")
            with writing.begin():
                yield writing

    def ask(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of one SELECT, as the driver gives them: for what nearly every request asks.

        One statement sees one state without a transaction of ours, and going past SQLAlchemy it
        takes a tenth of the time that `read()` takes to begin and to end one.

        Args:
            statement: With places such as `:name` for values, and no other colon or `%`.
            **values: For its places; str, bytes or int.

        Raises:
            TransientError: The database cannot be reached.
        """
        if self._asker is not None:
            return self._asker.ask(statement, values)
        with translated(self._name), closing(self.engine.raw_connection()) as pooled:
            driver: Any = pooled.driver_connection
            rows: list[tuple[Any, ...]] = driver.execute(
                percent_marks(statement), values
            ).fetchall()
        return rows

    def close(self) -> None:
        """Give all connections back."""
        if self._asker is not None:
            self._asker.close()
        self.engine.dispose()


@cache
def percent_marks(statement: str) -> str:
    """A statement with its places as PostgreSQL's driver marks them: `:name` is `%(name)s`."""
    return re.sub(r":([a-z_]+)", r"%(\1)s", statement)


def _sqlite(url: URL, *, small: bool) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise ConfigurationError(
            "an SQLite database needs a file: several connections use it", advice=_ADVICE
        )
    # More than two threads of Python never read at once.
    pool, cache = (2, 12 << 20) if small else (_POOL, _CACHE)
    engine = create_engine(
        url.set(drivername="sqlite"),
        pool_size=pool,
        max_overflow=_OVERFLOW,
        pool_use_lifo=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    known: dict[Any, Any] = {}

    @event.listens_for(engine, "do_connect")
    def check(*_: Any) -> None:
        if known:
            _check_file(known, url)  # where there is no file SQLite would make an empty one

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: Any) -> None:
        # The driver would begin transactions by itself, and only before the first write:
        # upgrading a read to a write is what fails with "database is locked".
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=FULL",
            f"cache_size=-{cache // 1024}",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        known.setdefault("file", _file_of(url))
        record.info.update(known)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        _check_file(connection.info, url)
        how = connection.get_execution_options().get("dejabuild_begin", "DEFERRED")
        driver: Any = connection.connection.driver_connection
        driver.execute(f"BEGIN {how}")

    return engine


def _check_file(info: Mapping[Any, Any], url: URL) -> None:
    """Refuse a connection to a file that bears the name no more.

    Not where the pool gives connections out: it would throw this one away, and make a new one to a
    new file.
    """
    if info.get("file") != _file_of(url):
        raise ConfigurationError(
            f"{url}: the file was removed or replaced while it was in use",
            advice="nothing written to it since then is kept: put it back, and start again",
        )


def _file_of(url: URL) -> tuple[int, int] | None:
    """Which file bears the name now: SQLite writes on into one that was removed."""
    try:
        found = os.stat(url.database or "")  # noqa: PTH116  once a transaction: no Path object
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _postgresql(url: URL, kind: Kind) -> Engine:
    # After a few runs the server would plan a statement once for all values: a list of 400
    # wanted keys is then compared one by one with every row instead of being looked up.
    options = f"-csearch_path={kind} -cplan_cache_mode=force_custom_plan"
    return create_engine(
        url.set(drivername="postgresql+psycopg").update_query_dict({"options": options}),
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        pool_use_lifo=True,
        pool_pre_ping=True,
    )
