# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever order runs are imported in, and wherever an import dies: the same history.

The model is brute force: remember what each run held, walk through the stamps in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from snapshot.coordinates import Coordinates
from storage.catalogue import Catalogue, change_presences, discard_run
from storage.database import Database
from tests.storage.catalogue.archive_maker import begin, binary, day, release_of, stage

NAMES = "abcd"
_ARCHIVES = count()


class Killed(BaseException):
    """The program ends here."""


class Mortal(Database):
    """A database whose program dies before its n-th write transaction from now."""

    def __init__(self, alive: Database) -> None:
        super().__init__(alive.engine, alive.kind, alive._reading)
        self.writes_left: int | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        if self.writes_left is not None:
            if self.writes_left == 0:
                raise Killed
            self.writes_left -= 1
        with super().write() as connection:
            yield connection


@dataclass(frozen=True)
class Step:
    """One import: what a run of that day holds, and how often it dies first."""

    day: int
    names: frozenset[str]
    same_release: bool
    dies_after: tuple[int, ...]
    abandoned: bool


STEPS = st.lists(
    st.builds(
        Step,
        day=st.integers(1, 8),
        names=st.sampled_from([frozenset(names) for names in ("ab", "bc", "abcd", "")]),
        # An unchanged Release holds the same index and writes no observation.
        same_release=st.booleans(),
        dies_after=st.lists(st.integers(0, 8), max_size=2).map(tuple),
        abandoned=st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda step: step.day,
)


@pytest.fixture(autouse=True)
def one_row_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that an import can die between any two rows."""
    monkeypatch.setattr(change_presences, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(discard_run, "ENTRIES_AT_ONCE", 1)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_any_order_and_any_death_give_the_same_history(
    catalogue_database: Database, steps: list[Step]
) -> None:
    database = Mortal(catalogue_database)
    catalogue = Catalogue(database)
    # One database for all examples: each has an archive of its own, and names nobody else has.
    stream = Coordinates(f"archive{next(_ARCHIVES)}", "sid", "main", "amd64")
    held: dict[int, frozenset[str]] = {}
    for step in steps:
        for writes in step.dies_after:
            database.writes_left = writes
            with suppress(Killed):
                _import(catalogue, stream, step)
            database.writes_left = None
            if _published(catalogue, stream, step.day):
                break
            _check(catalogue, stream, held)
        if not _published(catalogue, stream, step.day):
            _import(catalogue, stream, step, lambda: _check(catalogue, stream, held))
        if not step.abandoned or _published(catalogue, stream, step.day):
            held[step.day] = step.names
        _check(catalogue, stream, held)


def _import(
    catalogue: Catalogue,
    stream: Coordinates,
    step: Step,
    look: Callable[[], None] = lambda: None,
) -> None:
    draft = begin(catalogue, day(step.day), stream.archive)
    name = f"{stream.archive} {sorted(step.names)}" if step.same_release else ""
    name = name or f"{stream.archive} {step.day}"
    catalogue.stage_release(draft, release_of(draft, name=name))
    stanzas = [binary(f"{stream.archive}-{name}") for name in sorted(step.names)]
    stage(catalogue, draft, stanzas, stream)
    look()
    if step.abandoned:
        catalogue.abandon(draft)
    else:
        catalogue.publish(draft)


def _published(catalogue: Catalogue, stream: Coordinates, number: int) -> bool:
    return day(number) in catalogue.run_stamps(stream.archive)


def _check(catalogue: Catalogue, stream: Coordinates, held: dict[int, frozenset[str]]) -> None:
    assert [stamp.datetime().day for stamp in catalogue.run_stamps(stream.archive)] == sorted(held)
    for name in NAMES:
        found = [
            (i.first.datetime().day, i.until.datetime().day if i.until else None)
            for location in catalogue.binary_files(f"{stream.archive}-{name}", "1.0")
            for i in location.intervals
        ]
        assert found == _expected(name, held)
        shown = {one.name for one in catalogue.binary_versions(f"{stream.archive}-{name}")}
        assert bool(shown) == bool(found)
    for number, names in held.items():
        listed = catalogue.packages_in(stream.archive, day(number), "sid", "main", "amd64")
        assert {one.package.name[-1] for one in listed} == names


def _expected(name: str, held: dict[int, frozenset[str]]) -> list[tuple[int, int | None]]:
    found: list[tuple[int, int | None]] = []
    for number in sorted(held):
        is_open = bool(found) and found[-1][1] is None
        if name in held[number] and not is_open:
            found.append((number, None))
        elif name not in held[number] and is_open:
            found[-1] = (found[-1][0], number)
    return found
