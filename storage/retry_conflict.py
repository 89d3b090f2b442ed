# SPDX-License-Identifier: GPL-3.0-or-later
"""Doing a transaction again when two writers met.

Two that make the same row at once: both databases report that as an `IntegrityError` of the
second, who then sees the first one's row. That is plainer than an upsert, which each dialect
spells its own way. Two that wait for each other's rows: PostgreSQL ends one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError

from snapshot.errors import TransientError

Result = TypeVar("Result")

_TRIES = 5
_DEADLOCK = "40P01"


def again_on_conflict(work: Callable[[], Result]) -> Result:
    """Run a whole transaction, again when another writer was first.

    Args:
        work: Opens, fills and commits one transaction; must start from nothing each time.

    Raises:
        IntegrityError: When it fails every time, which is no race but a mistake.
        TransientError: The database is out of reach, or two writers met every time.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except IntegrityError:
            continue
        except TransientError as error:
            if not _was_deadlock(error):
                raise
    return work()


def _was_deadlock(error: TransientError) -> bool:
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", None) == _DEADLOCK
