# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories of several streams in any order: what the catalogue says is what brute force finds.

Ten thousand of them in `make drill`, some in `make test`; both on both databases.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import HealthCheck, given, seed, settings
from sqlalchemy import select

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.errors import NotFound
from snapshot.presence import Interval
from snapshot.stanza import split_stanzas
from storage.catalogue import Catalogue, ReleaseRecord
from storage.catalogue import tables as t
from storage.catalogue.lookup_digests import unpacked
from storage.catalogue.tables import OPEN
from storage.database import Database
from tests.drill_figures import FIGURE
from tests.properties.history_model import RUNS, STREAMS, Days, Model, Run, value
from tests.storage.catalogue.archive_maker import begin, content, day, index, stage

Record = Callable[[str, object], None]

#: A drill is that many databases of that many histories.
DATABASES, HISTORIES = {"sqlite": 42, "postgresql": 2}, 250
_ARCHIVES = count()
_DAYS = {day(number).epoch: number for number in range(1, 29)}


@pytest.mark.parametrize("first", [0])
def test_any_history_is_told_as_it_was(
    first: int, catalogue_database: Database, record_property: Record
) -> None:
    _drill(catalogue_database, first, 15, record_property)


@pytest.mark.drill
@pytest.mark.parametrize("first", range(1, DATABASES["sqlite"] + 1))
def test_thousands_of_histories_are_told_as_they_were(
    first: int, catalogue_database: Database, record_property: Record
) -> None:
    if first > DATABASES[catalogue_database.engine.dialect.name]:
        return  # a server takes four times as long, and adds little to what two databases show
    _drill(catalogue_database, first, HISTORIES, record_property)


def _drill(database: Database, first: int, histories: int, record_property: Record) -> None:
    catalogue = Catalogue(database)
    chance = random.Random(first)
    distinct: set[str] = set()
    imported = 0

    @seed(first)
    @settings(
        max_examples=histories,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(runs=RUNS)
    def check(runs: list[Run]) -> None:
        nonlocal imported
        # One database for all: each history has an archive of its own, and names nobody else has.
        model = Model(f"archive{next(_ARCHIVES)}", tuple(runs))
        for run in runs:
            _import(catalogue, model, run)
        _check_rows(database, model)
        _check_runs(catalogue, model, chance)
        _check_files(catalogue, model, chance)
        _check_links(catalogue, model)
        _check_bytes(database, catalogue, model, chance)
        distinct.add(repr(runs))
        imported += len(runs)

    check()
    kind = database.engine.dialect.name
    record_property(FIGURE, (f"histories on {kind}", {"told": len(distinct), "runs": imported}))


def _import(catalogue: Catalogue, model: Model, run: Run) -> None:
    suites = sorted({STREAMS[number][0] for number, _ in run.held})
    for part in [[suite] for suite in suites] if run.in_parts else [suites]:
        draft = begin(catalogue, day(run.day), model.archive)
        for suite in part:
            catalogue.stage_release(draft, _release(model, run, suite))
            for number, _ in run.held:
                if STREAMS[number][0] == suite:
                    held = model.index(run, number) or []
                    stage(catalogue, draft, held, model.stream(number))
        catalogue.publish(draft)


def _release(model: Model, run: Run, suite: str) -> ReleaseRecord:
    """That of the day, or the one of all runs that hold the same."""
    held = [model.index(run, n) for n in range(len(STREAMS)) if STREAMS[n][0] == suite]
    known = f"{model.archive} {held}" if run.known_release else ""
    draft_name = known or f"{model.archive} {run.day}"
    return ReleaseRecord(suite, content("Release", suite, draft_name), day(1))


def _check_rows(database: Database, model: Model) -> None:
    """The very rows: any order of the runs gives the same."""
    p, e, s, a = t.presences.c, t.entries.c, t.streams.c, t.archives.c
    query = (
        select(s.suite, s.component, s.architecture, e.digest, p.first_ts, p.until_ts)
        .join(t.entries, e.id == p.entry_id)
        .join(t.streams, s.id == p.stream_id)
        .join(t.archives, a.id == s.archive_id)
        .where(a.name == model.archive)
        .order_by(p.first_ts)
    )
    found: dict[tuple[Coordinates, bytes], list[Days]] = {}
    with database.read() as connection:
        for *names, digest, first, until in connection.execute(query):
            place = Coordinates(model.archive, *names), bytes(digest)
            days = _DAYS[first], None if until == OPEN else _DAYS[until]
            found.setdefault(place, []).append(days)
    assert found == model.entries()


def _check_runs(catalogue: Catalogue, model: Model, chance: random.Random) -> None:
    """Each run says which streams it looked at; one of them is asked what it lists."""
    for run in model.runs:
        held = {model.stream(number) for number, _ in run.held}
        assert set(catalogue.streams_at(model.archive, day(run.day))) == held
    run = chance.choice(model.runs)
    for number, names in enumerate(STREAMS):
        stanzas = model.index(run, number)
        if stanzas is None:
            with pytest.raises(NotFound):
                catalogue.packages_in(model.archive, day(run.day), *names)
            continue
        found = catalogue.packages_in(model.archive, day(run.day), *names)
        assert {(one.package.name, one.package.version) for one in found} == {
            (value(stanza, "Package"), value(stanza, "Version")) for stanza in stanzas
        }
        if number != 1:
            listed = {file.digest.hex for one in found for file in one.files}
            assert listed == {value(stanza, "SHA256") for stanza in stanzas}


def _check_files(catalogue: Catalogue, model: Model, chance: random.Random) -> None:
    """Several files of one name and version are told apart, each with its own history."""
    streams = [model.stream(number) for number in range(len(STREAMS))]
    words = [(word, version) for word in ("a", "b", "a-udeb") for version in ("1.0", "2.0")]
    for word, version in [("a", "1.0"), chance.choice(words)]:
        name = f"{model.archive}-{word}"
        expected = model.files(name, version)
        found = {
            (one.package.architecture, one.file.digest.hex, one.coordinates): one.intervals
            for one in catalogue.binary_files(name, version)
        }
        assert {place: [*map(_days, one)] for place, one in found.items()} == expected
        for place, intervals in found.items():
            number = streams.index(place[2])
            assert catalogue.observed_ranges(place[2], intervals) == tuple(
                (day(days[0]), day(model.last_seen(number, days))) for days in expected[place]
            )


def _check_links(catalogue: Catalogue, model: Model) -> None:
    """A version of a source knows the binaries that say they were made from it."""
    made = f"{model.archive}-made"
    for version in ("1.0", "2.0"):
        found = {
            (one.name, one.version, one.architecture)
            for one in catalogue.binaries_of(made, version)
        }
        assert found == {
            (value(one, "Package"), value(one, "Version"), value(one, "Architecture"))
            for one in model.stanzas().values()
            if value(one, "Source") == f"{made} ({version})"
        }


def _check_bytes(
    database: Database, catalogue: Catalogue, model: Model, chance: random.Random
) -> None:
    """Every stanza is kept to the byte; an index made of any subset is exact."""
    stanzas = model.stanzas()
    query = select(t.entries.c.digest, t.entries.c.pack_id, t.entries.c.position).where(
        t.entries.c.digest.in_(stanzas)
    )
    with database.read() as connection:
        places = {bytes(row[0]): (row[1], row[2]) for row in connection.execute(query)}
        texts = unpacked(connection, sorted(places.values()))
    assert {digest: texts[place] for digest, place in places.items()} == stanzas
    files = sorted({value(one, "SHA256") for one in stanzas.values()} - {""})
    chosen = [Digest(file) for file in files if chance.random() < 0.5]
    kept = catalogue.stanzas(chosen)
    assert kept.keys() == set(chosen)
    made = split_stanzas(index(kept.values()))
    assert set(made) <= set(stanzas.values())
    assert sorted(value(one, "SHA256") for one in made) == [digest.hex for digest in chosen]


def _days(interval: Interval) -> Days:
    return interval.first.datetime().day, interval.until.datetime().day if interval.until else None
