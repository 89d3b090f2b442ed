# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database driver says, in the words of the house.

Integrity errors pass unchanged: who writes knows what a second row of the same key means.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from snapshot.errors import (
    ConfigurationError,
    DejabuildError,
    PermanentError,
    StorageFull,
    TransientError,
)

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_MAYBE_FULL = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
#: What SQLite takes for the files beside its own, in bytes and in files.
_SMALL, _FEW_FILES = 128 << 10, 3
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
        PermanentError: The disk fails, or the file is damaged.
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
    # Where SQLite cannot make the files beside its own it says that they cannot be opened, or
    # calls it an input/output error.
    if code == sqlite3.SQLITE_FULL or (code in _MAYBE_FULL and _is_full(where)):
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
    if code == sqlite3.SQLITE_IOERR:
        return PermanentError(f"{where}: {error}", advice="the disk may be failing: see `dmesg`")
    if code == sqlite3.SQLITE_CORRUPT:
        return PermanentError(f"{where}: {error}", advice="restore the file from a backup")
    return None


def _is_full(where: str) -> bool:
    """Whether the file system of an SQLite database has no room for another small file."""
    folder = Path(where.partition("///")[2]).parent
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    # Some file systems (btrfs, network ones) count no inodes.
    no_inodes = found.f_files > 0 and found.f_favail < _FEW_FILES
    return found.f_bavail * found.f_frsize < _SMALL or no_inodes
