# SPDX-License-Identifier: GPL-3.0-or-later
"""What was observed when; only published runs count."""

from __future__ import annotations

from sqlalchemy import select

from snapshot.coordinates import Coordinates
from storage.catalogue import Catalogue
from storage.catalogue import tables as t
from storage.catalogue.lookup_runs import run_id_at
from storage.catalogue.observed import (
    Unpublished,
    observation_after,
    observation_at,
    observation_before,
    run_that_relies_on,
    streams_at,
    unpublished,
)
from storage.catalogue.tables import OPEN
from storage.database import Database
from tests.asked_statements import asked_statements
from tests.storage.catalogue.archive_maker import begin, binary, day, import_run, release_of, stage


def only_stream(database: Database) -> int:
    with database.read() as connection:
        found: int = connection.execute(select(t.streams.c.id)).scalar_one()
    return found


def test_neighbours_are_the_nearest_published_observations(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    for number in (1, 3, 5):
        import_run(catalogue, day(number), [binary(f"p{number}")])
    stream = only_stream(catalogue_database)
    with catalogue_database.read() as connection:
        before = observation_before(connection, stream, day(3).epoch)
        after = observation_after(connection, stream, day(3).epoch)
        here = observation_at(connection, stream, day(3).epoch)
        assert before
        assert before.ts == day(1).epoch
        assert after
        assert after.ts == day(5).epoch
        assert here
        assert here.ts == day(3).epoch
        assert observation_before(connection, stream, day(1).epoch) is None
        assert observation_after(connection, stream, day(5).epoch) is None


def test_a_draft_is_no_neighbour_and_is_told_only_as_unpublished(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    import_run(catalogue, day(1), [binary("a")])
    import_run(catalogue, day(5), [binary("b")])
    draft = begin(catalogue, day(3))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("c")])
    stream = only_stream(catalogue_database)
    with catalogue_database.read() as connection:
        after = observation_after(connection, stream, day(1).epoch)
        assert after
        assert after.ts == day(5).epoch
        assert unpublished(connection) == {stream: Unpublished(day(3).epoch, day(5).epoch)}
    catalogue.publish(draft)
    with catalogue_database.read() as connection:
        assert unpublished(connection) == {}


def test_the_newest_draft_has_no_observation_after_it(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    draft = begin(catalogue, day(3))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("c")])
    with catalogue_database.read() as connection:
        assert list(unpublished(connection).values()) == [Unpublished(day(3).epoch, OPEN)]


def test_a_draft_of_many_indices_costs_readers_one_question(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    streams = [Coordinates("debian", "sid", f"part{number}", "amd64") for number in range(20)]
    import_run(catalogue, day(5), {stream: [binary("b")] for stream in streams})
    draft = begin(catalogue, day(3))
    catalogue.stage_release(draft, release_of(draft))
    for stream in streams:
        stage(catalogue, draft, [binary("a")], stream)
    with asked_statements(catalogue_database) as asked, catalogue_database.read() as connection:
        hidden = unpublished(connection)
    assert len(hidden) == len(streams)
    assert set(hidden.values()) == {Unpublished(day(3).epoch, day(5).epoch)}
    assert len(asked) == 1


def test_an_observation_stands_for_later_runs_of_the_same_release(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    for number, release in ((1, "same"), (2, "same"), (3, "other")):
        import_run(catalogue, day(number), [binary(release)], release=release)
    stream = only_stream(catalogue_database)
    with catalogue_database.read() as connection:
        stamps = []
        for number in (1, 2, 3):
            run_id = run_id_at(connection, "debian", day(number))
            assert run_id is not None
            stamps.append(streams_at(connection, run_id)[stream])
        assert stamps == [day(1).epoch, day(1).epoch, day(3).epoch]
        first = observation_at(connection, stream, day(1).epoch)
        assert first is not None
        relying = run_that_relies_on(connection, stream, first, until=day(1).epoch)
        assert relying is not None
        assert relying[1] == day(2).epoch
        assert run_that_relies_on(connection, stream, first, until=day(2).epoch) is None


def test_a_stream_that_is_no_longer_mirrored_is_not_in_later_runs(catalogue: Catalogue) -> None:
    contrib = Coordinates("debian", "sid", "contrib", "amd64")
    main = Coordinates("debian", "sid", "main", "amd64")
    import_run(catalogue, day(1), {main: [binary("a")], contrib: [binary("c")]})
    import_run(catalogue, day(2), {main: [binary("b")]})
    assert catalogue.streams_at("debian", day(1)) == (contrib, main)
    assert catalogue.streams_at("debian", day(2)) == (main,)
