# SPDX-License-Identifier: GPL-3.0-or-later
"""What a draft brings, however often it is staged."""

from __future__ import annotations

from storage.blobs import Blob
from storage.catalogue import BlobState, Catalogue
from storage.database import Database
from tests.asked_statements import asked_statements
from tests.storage.catalogue.archive_maker import (
    begin,
    binary,
    content,
    day,
    import_run,
    release_of,
    stage,
)


def changed(catalogue: Catalogue, number: int, *names: str) -> list[str]:
    draft = begin(catalogue, day(number))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary(name) for name in names])
    return [file.path.rsplit("/", 1)[1] for file in catalogue.changed_files(draft)]


def test_only_what_begins_with_the_draft_is_given(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a"), binary("b")])
    assert changed(catalogue, 2, "b", "c", "d") == ["c_1.0_amd64.deb", "d_1.0_amd64.deb"]


def test_a_draft_staged_again_gives_the_same_whether_stored_or_not(catalogue: Catalogue) -> None:
    first = changed(catalogue, 1, "a", "b")
    catalogue.record_blob(Blob(content("a_1.0_amd64"), 1001, "0" * 40))
    assert changed(catalogue, 1, "a", "b") == first


def test_an_older_run_brings_what_later_ones_have(catalogue: Catalogue) -> None:
    import_run(catalogue, day(2), [binary("a")])
    assert changed(catalogue, 1, "a") == ["a_1.0_amd64.deb"]


def collected(catalogue: Catalogue, *names: str) -> None:
    digests = [content(f"{name}_1.0_amd64") for name in names]
    catalogue.set_blob_state(digests, BlobState.REMOVED)


def test_what_went_with_a_removed_run_comes_again_with_a_run_after_it(
    catalogue: Catalogue,
) -> None:
    import_run(catalogue, day(1), [binary("a"), binary("b")])
    import_run(catalogue, day(3), [binary("b")])
    catalogue.remove_runs("debian", [day(1)], now=day(9))
    collected(catalogue, "a")
    assert changed(catalogue, 2, "a", "b") == ["a_1.0_amd64.deb"]


def test_a_removed_run_that_is_captured_again_brings_what_it_lost(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("b")])
    import_run(catalogue, day(2), [binary("a"), binary("b")])
    import_run(catalogue, day(3), [binary("b")])
    catalogue.remove_runs("debian", [day(2)], now=day(9))
    collected(catalogue, "a")
    assert changed(catalogue, 2, "a", "b") == ["a_1.0_amd64.deb"]


def test_a_run_after_a_kept_one_looks_only_at_what_it_changes(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    import_run(catalogue, day(1), [binary("a"), binary("b")])
    import_run(catalogue, day(3), [binary("b")])
    catalogue.remove_runs("debian", [day(1)], now=day(9))
    collected(catalogue, "a")
    with asked_statements(catalogue_database) as asked:
        assert changed(catalogue, 4, "a", "b", "c") == ["a_1.0_amd64.deb", "c_1.0_amd64.deb"]
    assert asked
    assert not any("blobs.state =" in statement for statement in asked)
