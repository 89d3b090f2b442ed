# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking stock: how much evidence there is."""

from __future__ import annotations

from sqlalchemy import func, select

from storage.database import Database
from storage.ledger import tables as t


class LedgerInventory:
    """What a ledger keeps.

    Args:
        database: Opened with `kind="ledger"` and upgraded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def evidence(self) -> tuple[int, int]:
        """How many pieces of evidence are kept, and their bytes; each content once."""
        e = t.evidence.c
        once = select(e.digest, func.max(e.size).label("size")).group_by(e.digest).subquery()
        with self._database.read() as connection:
            query = select(func.count(), func.coalesce(func.sum(once.c.size), 0)).select_from(once)
            count, size = connection.execute(query).one()
        return int(count), int(size)
