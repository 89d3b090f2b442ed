# SPDX-License-Identifier: GPL-3.0-or-later
"""What a draft brings, however often it is staged."""

from __future__ import annotations

from storage.blobs import Blob
from storage.catalogue import Catalogue
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
