# SPDX-License-Identifier: GPL-3.0-or-later
"""A removed run frees its bytes; what it observed is remembered."""

from __future__ import annotations

import pytest

from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue
from tests.storage.catalogue.archive_maker import (
    binary,
    day,
    history,
    import_run,
    listed,
    release_of,
    stage,
)


def three_runs(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("old"), binary("kept")])
    import_run(catalogue, day(2), [binary("kept"), binary("young")])
    import_run(catalogue, day(3), [binary("young")])


def test_removing_a_run_changes_no_observation_and_no_presence(catalogue: Catalogue) -> None:
    three_runs(catalogue)
    before = [line for line in catalogue.dump() if not line.startswith("run\t")]
    catalogue.remove_runs("debian", [day(1), day(2)], now=day(9))
    assert [line for line in catalogue.dump() if not line.startswith("run\t")] == before
    assert history(catalogue, "old") == [(1, 2)]
    assert history(catalogue, "kept") == [(1, 3)]
    assert listed(catalogue, day(2)) == {"kept 1.0", "young 1.0"}


def test_a_removed_run_is_in_no_list_and_answers_to_its_name(catalogue: Catalogue) -> None:
    three_runs(catalogue)
    catalogue.remove_runs("debian", [day(2)], now=day(9))
    assert catalogue.run_stamps("debian") == (day(1), day(3))
    assert [run.timestamp for run in catalogue.runs("debian")] == [day(1), day(3)]
    everything = catalogue.runs("debian", removed=True)
    assert [run.removed for run in everything] == [None, day(9), None]
    (archive,) = catalogue.archives()
    assert archive.runs == 2
    run = catalogue.run_at("debian", day(2))
    assert run is not None
    assert (run.timestamp, run.removed) == (day(2), day(9))


def test_a_date_that_meant_a_removed_run_never_means_another(catalogue: Catalogue) -> None:
    three_runs(catalogue)
    catalogue.remove_runs("debian", [day(2)], now=day(9))
    run = catalogue.run_at("debian", Timestamp(day(2).epoch + 60))
    assert run is not None
    assert (run.timestamp, run.removed) == (day(2), day(9))


def test_the_nearest_kept_runs_are_told(catalogue: Catalogue) -> None:
    three_runs(catalogue)
    catalogue.remove_runs("debian", [day(1)], now=day(9))
    before, after = catalogue.kept_around("debian", day(1))
    assert before is None
    assert after is not None
    assert after.timestamp == day(2)
    before, after = catalogue.kept_around("debian", day(3))
    assert before is not None
    assert (before.timestamp, after) == (day(3), None)


def test_the_newest_run_cannot_be_removed_and_nothing_else_is_then(catalogue: Catalogue) -> None:
    three_runs(catalogue)
    with pytest.raises(InvalidInput, match="newest"):
        catalogue.remove_runs("debian", [day(1), day(3)], now=day(9))
    with pytest.raises(InvalidInput, match="no run 20260105"):
        catalogue.remove_runs("debian", [day(1), day(5)], now=day(9))
    with pytest.raises(InvalidInput, match="no run"):
        catalogue.remove_runs("nowhere", [day(1)], now=day(9))
    assert len(catalogue.runs("debian")) == 3


def test_removing_twice_keeps_the_first_date(catalogue: Catalogue) -> None:
    three_runs(catalogue)
    catalogue.remove_runs("debian", [day(1)], now=day(8))
    catalogue.remove_runs("debian", [day(1)], now=day(9))
    assert catalogue.runs("debian", removed=True)[0].removed == day(8)


def test_a_removed_run_that_is_captured_again_is_kept_again(catalogue: Catalogue) -> None:
    three_runs(catalogue)
    catalogue.remove_runs("debian", [day(1)], now=day(8))
    import_run(catalogue, day(1), [binary("old"), binary("kept")])
    assert catalogue.runs("debian")[0].timestamp == day(1)
    assert history(catalogue, "old") == [(1, 2)]


def test_a_run_remembers_what_it_was_captured_of(catalogue: Catalogue) -> None:
    for scope in ("main", "main contrib"):
        draft = catalogue.begin_run(
            "debian", day(1), trust="release", origin="http://127.0.0.1/", scope=scope
        )
        catalogue.stage_release(draft, release_of(draft))
        stage(catalogue, draft, [binary("a")])
        catalogue.publish(draft)
        assert catalogue.runs("debian")[0].scope == scope
