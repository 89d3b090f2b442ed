# SPDX-License-Identifier: GPL-3.0-or-later
"""Beginning a run and giving it Releases."""

from __future__ import annotations

import pytest

from snapshot.errors import InvalidInput, VerificationError
from storage.catalogue import Catalogue
from tests.storage.catalogue.archive_maker import begin, content, day, release_of


@pytest.mark.parametrize("name", ["", "../etc", "a/b", "débian"])
def test_an_archive_needs_a_name_that_is_safe_in_a_path(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(InvalidInput, match="archive"):
        begin(catalogue, day(1), name)


def test_an_archive_without_a_published_run_is_not_told(catalogue: Catalogue) -> None:
    begin(catalogue, day(1))
    assert catalogue.archives() == ()


def test_staging_a_release_twice_adds_the_files_that_are_new(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    for name in ("main/binary-amd64/Packages.xz", "main/source/Sources.xz"):
        files = {name: (content(name), 7)}
        catalogue.stage_release(draft, release_of(draft, files=files))
    catalogue.publish(draft)
    found = catalogue.list_directory("debian", day(1), "dists/sid/main")
    assert found is not None
    assert [entry.name for entry in found] == ["binary-amd64", "source"]


def test_one_release_cannot_name_two_contents(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft, files={"Packages": (content("a"), 1)}))
    with pytest.raises(VerificationError, match="sid/Packages"):
        catalogue.stage_release(draft, release_of(draft, files={"Packages": (content("b"), 1)}))


def test_a_suite_has_one_release_in_a_run(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft, name="one"))
    with pytest.raises(InvalidInput, match="two Releases"):
        catalogue.stage_release(draft, release_of(draft, name="two"))


def test_aliases_of_a_suite_are_names_at_that_run(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft, "bookworm", aliases=("stable", "bookworm")))
    catalogue.publish(draft)
    assert catalogue.suite_aliases("debian", day(1)) == {"stable": "bookworm"}
    found = catalogue.release_at("debian", day(1), "stable")
    assert found
    assert found.suite == "bookworm"
