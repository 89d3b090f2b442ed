# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs, records, environments, closures and pins need."""

from __future__ import annotations

import pytest

from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.timestamp import Timestamp
from storage.catalogue import BlobState, BuildInfoRecord, Catalogue, ClosureRecord
from tests.storage.catalogue.archive_maker import (
    begin,
    binary,
    content,
    day,
    import_run,
    release_of,
    stage,
)

OLD, KEPT, YOUNG = (content(f"{name}_1.0_amd64") for name in ("old", "kept", "young"))
FILES = {OLD, KEPT, YOUNG}


@pytest.fixture
def history(catalogue: Catalogue) -> Catalogue:
    import_run(catalogue, day(1), [binary("old"), binary("kept")])
    import_run(catalogue, day(2), [binary("kept"), binary("young")])
    import_run(catalogue, day(3), [binary("young")])
    return catalogue


def release(number: int) -> Digest:
    return content("Release", "sid", str(day(number)))


def digests(catalogue: Catalogue, **leaving: list[Timestamp]) -> set[Digest]:
    return {Digest.from_raw(raw) for raw in catalogue.needed.digests(leaving)}


def test_files_of_kept_runs_are_needed(history: Catalogue) -> None:
    unknown = content("unknown")
    assert history.needed.files([*FILES, unknown], {}) == FILES
    assert history.needed.packages([*FILES, unknown, release(1)]) == FILES
    history.remove_runs("debian", [day(1)], now=day(9))
    assert history.needed.files(FILES, {}) == {KEPT, YOUNG}
    history.remove_runs("debian", [day(2)], now=day(9))
    assert history.needed.files(FILES, {}) == {YOUNG}
    assert history.needed.packages(FILES) == FILES


def test_releases_of_kept_runs_are_needed(history: Catalogue) -> None:
    assert digests(history) == {release(1), release(2), release(3)}
    history.remove_runs("debian", [day(2)], now=day(9))
    assert digests(history) == {release(1), release(3)}
    assert history.needed.releases("debian") == {release(1), release(3)}
    assert history.needed.releases("nowhere") == set()


def test_a_release_that_a_kept_run_shares_with_a_removed_one_is_needed(
    catalogue: Catalogue,
) -> None:
    for number in (1, 2):
        import_run(catalogue, day(number), [binary("kept")], release="same")
    catalogue.remove_runs("debian", [day(1)], now=day(9))
    assert digests(catalogue) == {content("Release", "sid", "same")}
    assert catalogue.needed.files([KEPT], {}) == {KEPT}


def test_runs_that_are_about_to_leave_can_be_counted_as_gone(history: Catalogue) -> None:
    assert digests(history, debian=[day(1), day(2)]) == {release(3)}
    assert history.needed.files(FILES, {"debian": [day(1), day(2)]}) == {YOUNG}
    assert history.needed.files(FILES, {"other": [day(1)]}) == FILES


def test_an_unpublished_run_needs_what_it_is_filled_with(history: Catalogue) -> None:
    draft = begin(history, day(4))
    history.stage_release(draft, release_of(draft))
    stage(history, draft, [binary("fresh")])
    fresh = content("fresh_1.0_amd64")
    assert release(4) in digests(history)
    assert history.needed.files([fresh], {}) == {fresh}
    history.abandon(draft)
    assert release(4) not in digests(history)
    assert history.needed.files([fresh], {}) == set()


def test_records_environments_closures_and_pins_are_needed(catalogue: Catalogue) -> None:
    record, definition, manifest, pinned = (
        content(word) for word in ("record", "definition", "manifest", "pinned")
    )
    catalogue.add_buildinfo(
        BuildInfoRecord(
            record, "x.buildinfo", "deb", "x", "1", "1", ("amd64",), "amd64", None, "test", "good"
        )
    )
    catalogue.closures.put(ClosureRecord("mine", definition, manifest, day(1)), [pinned])
    environment = Environment("deb", frozenset({Member("a", "amd64", "1", content("a"))}))
    catalogue.add_environment(environment, now=day(1))
    assert digests(catalogue) == {record, definition, manifest, pinned, environment.id}
    assert catalogue.needed.environments() == ()
    catalogue.pin(environment.id, "job:1", day(1))
    assert catalogue.needed.environments() == (environment.id,)
    catalogue.closures.remove("mine")
    assert digests(catalogue) == {record, environment.id}


def test_files_that_no_upstream_has_are_counted_while_a_run_needs_them(history: Catalogue) -> None:
    history.set_blob_state([OLD, YOUNG], BlobState.MISSING)
    assert set(history.needed.missing("debian")) == {OLD, YOUNG}
    assert set(history.needed.missing("other")) == set()
    history.remove_runs("debian", [day(1)], now=day(9))
    assert history.needed.missing("debian") == {YOUNG: 1005}
