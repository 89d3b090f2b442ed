# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError, OperationalError

from snapshot.errors import TransientError
from storage.database import Database
from storage.ledger import tables as t
from storage.retry_conflict import again_on_conflict
from tests.storage.ledger.samples import NOON


def test_a_lost_race_is_run_again(ledger_database: Database) -> None:
    row = {"key": "k", "name": "n", "address": "", "registered_at": NOON, "last_ping": NOON}
    tries: list[int] = []

    def work() -> str:
        tries.append(len(tries))
        # The first try makes the row that the second writer of a race would meet.
        key = "k" if len(tries) < 3 else "free"
        with ledger_database.write() as connection:
            if len(tries) == 1:
                connection.execute(insert(t.workers).values(**row, removed=False))
            connection.execute(insert(t.workers).values(**{**row, "key": key}, removed=False))
        return key

    assert again_on_conflict(work) in {"k", "free"}
    assert len(tries) >= 2


def test_what_fails_every_time_is_a_mistake_and_says_so(ledger_database: Database) -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        with ledger_database.write() as connection:
            connection.execute(
                insert(t.leases).values(
                    job_id=99,
                    worker_id=99,
                    token="t",
                    extended=False,
                    claimed_at=0,
                    last_ping=0,
                    deadline=0,
                    state="active",
                )
            )

    with pytest.raises(IntegrityError):
        again_on_conflict(work)
    assert len(tries) == 5


def deadlock(sqlstate: str) -> TransientError:
    """What `Database.write` raises when PostgreSQL ends one of two that wait for each other."""

    class Ended(Exception):
        pass

    original = Ended()
    original.sqlstate = sqlstate  # type: ignore[attr-defined]
    error = TransientError("deadlock detected")
    error.__cause__ = OperationalError("UPDATE", None, original)
    return error


def test_the_one_that_a_deadlock_ended_tries_again() -> None:
    ends = iter([deadlock("40P01"), deadlock("40P01"), None])

    def work() -> str:
        end = next(ends)
        if end is not None:
            raise end
        return "done"

    assert again_on_conflict(work) == "done"


def test_a_database_out_of_reach_is_not_asked_again() -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        raise deadlock("08006")

    with pytest.raises(TransientError):
        again_on_conflict(work)
    assert len(tries) == 1
