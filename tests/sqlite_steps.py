# SPDX-License-Identifier: GPL-3.0-or-later
"""How much work SQLite does for some questions: counted in its own steps, not timed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection


@contextmanager
def counted_steps(connection: Connection) -> Iterator[list[int]]:
    """A list of one number: how many hundreds of steps were made since.

    Args:
        connection: Open transaction, of SQLite.
    """
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(count, 100)
    yield steps
    driver.set_progress_handler(None, 100)
