# SPDX-License-Identifier: GPL-3.0-or-later
"""Around a listing: the runs in which the directory was the same, another one, or not there."""

from __future__ import annotations

import pytest

from storage.catalogue import Catalogue
from storage.catalogue import directory_changes as changes_module
from tests.storage.catalogue.archive_maker import (
    begin,
    binary,
    content,
    day,
    import_run,
    release_of,
    stage,
)

APT = "pool/main/a/apt"
Around = tuple[int | None, ...]


def around(catalogue: Catalogue, number: int, path: str) -> Around:
    """Days: first, previous change, previous, next, next change, last."""
    found = catalogue.directory_changes("debian", day(number), path)
    stamps = (
        found.first,
        found.previous_change,
        found.previous,
        found.next,
        found.next_change,
        found.last,
    )
    return tuple(None if stamp is None else stamp.datetime().day for stamp in stamps)


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    """apt is there from the second to the fifth of six runs, in another version from the fourth."""
    old, new, other = binary("apt", "1.0"), binary("apt", "2.0"), binary("zsh")
    for number, stanzas in enumerate(
        [[other], [old, other], [old], [new], [new, other], [other]], start=1
    ):
        import_run(catalogue, day(number), stanzas)
    return catalogue


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (2, (2, None, 1, 3, 4, 5)),
        (3, (2, None, 2, 4, 4, 5)),
        (4, (2, 3, 3, 5, None, 5)),
        (5, (2, 3, 4, 6, None, 5)),
    ],
)
def test_a_directory_of_packages_changes_where_they_come_and_go(
    filled: Catalogue, number: int, expected: Around
) -> None:
    assert around(filled, number, APT) == expected


def test_what_comes_back_was_another_directory_in_between(filled: Catalogue) -> None:
    assert around(filled, 5, "pool/main/z/zsh") == (1, None, 4, 6, None, 6)
    assert around(filled, 2, "pool/main/z/zsh") == (1, None, 1, 3, None, 6)


def test_removed_runs_are_not_named(filled: Catalogue) -> None:
    filled.remove_runs("debian", [day(2), day(4)], now=day(9))
    assert around(filled, 3, APT) == (3, None, 1, 5, 5, 5)
    assert around(filled, 5, APT) == (3, 3, 3, 6, None, 5)


def test_metadata_changes_with_the_releases_that_hold_something_else(
    catalogue: Catalogue,
) -> None:
    for number, (list_, other) in enumerate([("a", "x"), ("a", "y"), ("b", "y"), ("b", "z")]):
        draft = begin(catalogue, day(number + 1))
        files = {"main/list": (content(list_), 1), "other/file": (content(other), 1)}
        catalogue.stage_release(draft, release_of(draft, files=files))
        catalogue.publish(draft)
    assert around(catalogue, 2, "dists/sid/main") == (1, None, 1, 3, 3, 4)
    assert around(catalogue, 3, "dists/sid/main") == (1, 2, 2, 4, None, 4)
    assert around(catalogue, 3, "dists/sid/other") == (1, 1, 2, 4, 4, 4)
    # The Release itself is another file in each.
    assert around(catalogue, 3, "dists/sid") == (1, 2, 2, 4, 4, 4)
    assert around(catalogue, 1, "dists/sid/nowhere") == (None, None, None, 2, None, None)


def test_the_root_and_what_holds_too_much_name_runs_only(
    filled: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert around(filled, 3, "") == (None, None, 2, 4, None, None)
    monkeypatch.setattr(changes_module, "MOST_FILES", 1)
    assert around(filled, 3, "pool/main/a") == (None, None, 2, 4, None, None)


def test_an_unpublished_run_changes_nothing(filled: Catalogue) -> None:
    before = around(filled, 5, APT)
    draft = begin(filled, day(7))
    filled.stage_release(draft, release_of(draft))
    stage(filled, draft, [binary("apt", "3.0")])
    assert around(filled, 5, APT) == before
