# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database driver says, in the words of the house.

Integrity errors pass unchanged: who writes knows what a second row of the same key means.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from snapshot.errors import ConfigurationError, DejabuildError, StorageFull, TransientError

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_CLOSED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOTADB})


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn a driver's error into one of ours where a person can do something about it.

    Args:
        where: The database's address without its password.

    Raises:
        StorageFull: No room left on the device.
        TransientError: Unreachable, locked for too long, or a deadlock that the database broke.
        ConfigurationError: The file cannot be opened or is no database.
    """
    try:
        yield
    except DBAPIError as error:
        ours = _ours(error.orig, where)
        if ours is None:
            raise
        raise ours from error
    except _errors_of_drivers() as error:
        # COPY goes past SQLAlchemy, which would have wrapped it.
        ours = _ours(error, where)
        if ours is None:
            raise
        raise ours from error


def _errors_of_drivers() -> tuple[type[Exception], ...]:
    """PostgreSQL's driver is slow to import; where it was not imported it made no error."""
    psycopg = sys.modules.get("psycopg")
    return (sqlite3.Error,) if psycopg is None else (sqlite3.Error, psycopg.Error)


def _ours(error: BaseException | None, where: str) -> DejabuildError | None:
    if isinstance(error, sqlite3.DatabaseError):
        return _of_sqlite(error, where)
    psycopg = sys.modules.get("psycopg")
    if psycopg is None:
        return None
    if isinstance(error, psycopg.errors.DiskFull):
        return StorageFull(f"{where}: no room left: {error}", advice="free some and start again")
    if isinstance(error, psycopg.OperationalError):
        return TransientError(
            f"{where}: {error}", advice="check the address, and that the server runs"
        )
    return None


def _of_sqlite(error: sqlite3.DatabaseError, where: str) -> DejabuildError | None:
    # Extended codes carry the plain one in their lowest byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StorageFull(f"{where}: no room left", advice="free some and start again")
    if code in _BUSY:
        return TransientError(
            f"{where}: another program kept it locked",
            advice="find it with `fuser` on the file, or try again",
        )
    if code in _CLOSED:
        return ConfigurationError(
            f"{where}: {error}", advice="check the path, its folder and the permissions"
        )
    return None
