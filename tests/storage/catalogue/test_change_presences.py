# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes are written in bounded transactions, each of which asks whether the draft is ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from snapshot.errors import Busy
from storage.catalogue import Catalogue, change_presences
from storage.catalogue.change_presences import remove_rows
from storage.database import Database
from tests.storage.catalogue.archive_maker import (
    begin,
    binary,
    day,
    history,
    import_run,
    release_of,
    stage,
)


class Counting(Database):
    """Counts write transactions and may do something before one."""

    def __init__(self, other: Database) -> None:
        super().__init__(other.engine, other.kind, other._reading)
        self.writes = 0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.writes += 1
        with super().write() as connection:
            yield connection


def test_no_transaction_holds_more_rows_than_the_bound(
    catalogue_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Counting(catalogue_database)
    catalogue = Catalogue(database)
    costs = []
    for bound, number in ((100, 1), (10, 2)):
        monkeypatch.setattr(change_presences, "ROWS_AT_ONCE", bound)
        draft = begin(catalogue, day(number))
        catalogue.stage_release(draft, release_of(draft))
        before = database.writes
        stage(catalogue, draft, [binary(f"p{number}-{i}") for i in range(100)])
        costs.append(database.writes - before)
        catalogue.publish(draft)
    # The second also closes a hundred: twenty transactions instead of one.
    assert costs[1] == costs[0] - 1 + 20


def test_who_lost_the_draft_writes_nothing_more(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    loser = begin(catalogue, day(2))
    catalogue.stage_release(loser, release_of(loser))
    winner = begin(catalogue, day(3))
    with pytest.raises(Busy, match="another program"):
        stage(catalogue, loser, [binary("b")])
    catalogue.stage_release(winner, release_of(winner))
    stage(catalogue, winner, [binary("c")])
    catalogue.publish(winner)
    assert history(catalogue, "a") == [(1, 3)]
    assert history(catalogue, "b") == []


def test_removing_no_rows_asks_nothing(catalogue_database: Database) -> None:
    with catalogue_database.write() as connection:
        remove_rows(connection, [])
