# SPDX-License-Identifier: GPL-3.0-or-later
"""Doing a transaction again when two writers made the same row at once.

Both databases report that as an `IntegrityError` of the second writer, who then sees the
first one's row. That is plainer than an upsert, which each dialect spells its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

Result = TypeVar("Result")

_TRIES = 5


def again_on_conflict(work: Callable[[], Result]) -> Result:
    """Run a whole transaction, again when another writer was first.

    Args:
        work: Opens, fills and commits one transaction; must start from nothing each time.

    Raises:
        IntegrityError: When it fails every time, which is no race but a mistake.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except IntegrityError:
            continue
    return work()
