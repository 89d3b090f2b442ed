# SPDX-License-Identifier: GPL-3.0-or-later
"""Names by how they begin, on both databases."""

from __future__ import annotations

import pytest

from storage.catalogue import Catalogue, search_names
from storage.catalogue.search_names import FoundName
from tests.storage.catalogue.archive_maker import (
    MAIN,
    SOURCE,
    begin,
    binary,
    day,
    import_run,
    release_of,
    source,
    stage,
)


@pytest.fixture
def named(catalogue: Catalogue) -> Catalogue:
    stanzas = [binary("libfoo1", version, source="foo") for version in ("1", "2", "3")]
    stanzas += [binary("foo"), binary("foo-doc", source="foo"), binary("fp"), binary("Foo")]
    import_run(catalogue, day(1), {MAIN: stanzas, SOURCE: [source("foobar")]})
    return catalogue


def test_a_name_is_told_once_and_whether_it_is_a_source_a_binary_or_both(named: Catalogue) -> None:
    assert named.history.names("foo", most=10) == (
        FoundName("foo", source=True, binary=True),
        FoundName("foo-doc", source=False, binary=True),
        FoundName("foobar", source=True, binary=False),
    )


def test_letters_count_and_so_does_their_order(named: Catalogue) -> None:
    assert [one.name for one in named.history.names("", most=3)] == ["Foo", "foo", "foo-doc"]
    assert [one.name for one in named.history.names("", most=9, after="foo-doc")] == [
        "foobar", "fp", "libfoo1",
    ]  # fmt: skip
    assert named.history.names("fooo", most=9) == ()


def test_names_of_an_unpublished_run_are_passed_over_however_many_there_are(
    named: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = begin(named, day(2))
    named.stage_release(draft, release_of(draft))
    stage(named, draft, [binary(f"fo{number:02d}") for number in range(30)])
    # Bytewise, the thirty lie before `foo`.
    assert [one.name for one in named.history.names("fo", most=2)] == ["foo", "foo-doc"]
    monkeypatch.setattr(search_names, "_WALKS", 3)
    assert named.history.names("fo", most=2) == ()


@pytest.mark.parametrize("text", ["'; DROP TABLE packages; --", "%", "_", "\\", "💥", ":name"])
def test_what_is_typed_is_data_and_never_sql_or_a_pattern(named: Catalogue, text: str) -> None:
    assert named.history.names(text, most=5) == ()
    assert named.history.names("", most=1, after=text) is not None
