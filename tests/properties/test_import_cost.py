# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of importing a run follows what changed, however long the history is.

Counted, not timed: stanzas parsed, rows written, questions asked and, on SQLite, the steps that
its machine took. `tests/benchmarks/bench_history.py` measures a thousand runs of a real index.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue, ImportCounts
from storage.database import Database
from tests.asked_statements import asked_statements
from tests.storage.catalogue.archive_maker import MAIN, binary, import_run

ENTRIES, CHANGED, RUNS = 400, 2, 40
#: Steps of SQLite's machine between two looks at the count.
GRAIN = 50


class Work:
    """Counts what a database is asked to do."""

    def __init__(self, asked: list[str]) -> None:
        self.steps = 0
        self._asked = asked

    @contextmanager
    def watching(self, database: Database) -> Iterator[Work]:
        """Count the steps of each connection that is taken meanwhile."""
        if database.engine.dialect.name != "sqlite":
            yield self
            return
        watched: list[Any] = []

        def watch(driver: Any, *_of_pool: object) -> None:
            driver.set_progress_handler(self._step, GRAIN)
            watched.append(driver)

        event.listen(database.engine, "checkout", watch)
        yield self
        event.remove(database.engine, "checkout", watch)
        for driver in watched:
            driver.set_progress_handler(None, GRAIN)

    def _step(self) -> int:
        self.steps += 1
        return 0

    def take(self) -> tuple[int, int]:
        """Statements and steps since the last time."""
        taken = len(self._asked), self.steps * GRAIN
        self.steps = 0
        self._asked.clear()
        return taken


def stamp(number: float) -> Timestamp:
    return Timestamp(1_700_000_000 + int(number * 21_600))


def changed(stanzas: list[bytes], number: int) -> None:
    for position in range(CHANGED * number, CHANGED * (number + 1)):
        name = f"package{position % ENTRIES}"
        stanzas[position % ENTRIES] = binary(name, f"1.{number}")


@pytest.fixture
def work(catalogue_database: Database) -> Iterator[Work]:
    with (
        asked_statements(catalogue_database) as asked,
        Work(asked).watching(catalogue_database) as counting,
    ):
        yield counting


def test_the_fortieth_run_costs_what_the_second_did(
    work: Work, catalogue_database: Database
) -> None:
    catalogue = Catalogue(catalogue_database)
    stanzas = [binary(f"package{number}") for number in range(ENTRIES)]
    import_run(catalogue, stamp(0), stanzas)
    costs: list[tuple[ImportCounts, tuple[int, int]]] = []
    middle: list[bytes] = []
    for number in range(1, RUNS):
        changed(stanzas, number)
        work.take()
        costs.append((import_run(catalogue, stamp(number), stanzas), work.take()))
        if number == RUNS // 2:
            middle = list(stanzas)
    counts, (statements, steps) = costs[0]
    assert (counts.parsed, counts.opened, counts.closed) == (CHANGED, CHANGED, CHANGED)
    assert {one for one, _ in costs} == {counts}
    assert {asked for _, (asked, _) in costs} == {statements}
    assert max(took for _, (_, took) in costs) <= 1.2 * steps
    assert (steps > 0) is (catalogue_database.engine.dialect.name == "sqlite")
    # Between two others: the same, whatever came later.
    changed(middle, RUNS)
    work.take()
    late = import_run(catalogue, stamp(RUNS // 2 + 0.5), middle)
    assert (late.parsed, late.opened + late.closed) == (CHANGED, 2 * CHANGED)
    assert work.take()[1] <= 1.2 * steps
    assert MAIN in catalogue.streams_at("debian", stamp(RUNS - 1))
