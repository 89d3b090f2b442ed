# SPDX-License-Identifier: GPL-3.0-or-later
"""Who builds for us: one row per worker key."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from storage.database import Database
from storage.ledger import tables as t
from storage.ledger.page import FIRST_PAGE, Page, fetch_page
from storage.ledger.records import ResultPage, Worker
from storage.ledger.rows import worker_of
from storage.retry_conflict import again_on_conflict


class Workers:
    """The registered workers.

    Args:
        database: An upgraded ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, key: str, name: str, address: str, *, now: float) -> Worker:
        """Make a worker known, or renew it: the key decides who it is."""

        def upsert() -> None:
            renewed = {"name": name, "address": address, "status": None, "last_ping": now}
            with self._database.write() as connection:
                result = connection.execute(
                    update(t.workers).where(t.workers.c.key == key).values(removed=False, **renewed)
                )
                if result.rowcount == 0:
                    connection.execute(
                        insert(t.workers).values(
                            key=key, registered_at=now, removed=False, **renewed
                        )
                    )

        again_on_conflict(upsert)
        worker = self.by_key(key)
        assert worker is not None  # noqa: S101  # written above
        return worker

    def by_key(self, key: str) -> Worker | None:
        """The worker with this key, unless it was removed."""
        query = select(t.workers).where(t.workers.c.key == key, t.workers.c.removed.is_(False))
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else worker_of(row)

    def get(self, worker_id: int) -> Worker | None:
        """The worker with this id, unless it was removed."""
        query = select(t.workers).where(t.workers.c.id == worker_id, t.workers.c.removed.is_(False))
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else worker_of(row)

    def remove(self, worker_id: int) -> bool:
        """Forget a worker. Its row stays, since attempts point to it; the key may come back."""
        with self._database.write() as connection:
            result = connection.execute(
                update(t.workers)
                .where(t.workers.c.id == worker_id, t.workers.c.removed.is_(False))
                .values(removed=True)
            )
            return bool(result.rowcount)

    def say(self, worker_id: int, status: str | None, *, now: float) -> None:
        """Note what a worker does and that it was heard."""
        with self._database.write() as connection:
            connection.execute(
                update(t.workers)
                .where(t.workers.c.id == worker_id)
                .values(status=status, last_ping=now)
            )

    def page(self, page: Page = FIRST_PAGE) -> ResultPage[Worker]:
        """One page of them."""
        c = t.workers.c
        columns = {"id": c.id, "name": c.name, "address": c.address, "status": c.status}
        columns["last_ping"] = c.last_ping
        query = select(t.workers).where(c.removed.is_(False))
        with self._database.read() as connection:
            total, rows = fetch_page(connection, query, page, columns=columns)
        return ResultPage(total, tuple(worker_of(row) for row in rows))
