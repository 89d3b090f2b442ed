# SPDX-License-Identifier: GPL-3.0-or-later
"""Listings show what the run has, and only that."""

from __future__ import annotations

import pytest

from snapshot.coordinates import Coordinates
from storage.catalogue import Catalogue, EntryKind
from storage.database import Database
from tests.asked_statements import asked_statements
from tests.storage.catalogue.archive_maker import (
    MAIN,
    SOURCE,
    begin,
    binary,
    content,
    day,
    import_run,
    release_of,
    source,
    stage,
)


def names(catalogue: Catalogue, number: int, path: str) -> list[str] | None:
    found = catalogue.list_directory("debian", day(number), path)
    return None if found is None else [entry.name for entry in found]


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    import_run(
        catalogue,
        day(1),
        {
            MAIN: [binary("apt"), binary("apt", "1.0", architecture="all"), binary("apt-utils")],
            SOURCE: [source("apt")],
        },
    )
    import_run(
        catalogue, day(2), {MAIN: [binary("apt", "2.0"), binary("zsh")], SOURCE: [source("zsh")]}
    )
    return catalogue


def test_the_pool_shows_what_was_present_at_the_run(filled: Catalogue) -> None:
    assert names(filled, 1, "") == ["dists", "pool"]
    assert names(filled, 1, "pool/main") == ["a"]
    assert names(filled, 2, "pool/main") == ["a", "z"]
    assert names(filled, 1, "pool/main/a") == ["apt", "apt-utils"]
    assert names(filled, 2, "pool/main/a") == ["apt"]
    assert names(filled, 1, "pool/main/a/apt") == [
        "apt_1.0.dsc",
        "apt_1.0.tar.xz",
        "apt_1.0_all.deb",
        "apt_1.0_amd64.deb",
    ]
    assert names(filled, 2, "pool/main/a/apt") == ["apt_2.0_amd64.deb"]


def test_a_directory_that_was_empty_then_is_none(filled: Catalogue) -> None:
    assert names(filled, 1, "pool/main/z") is None
    assert names(filled, 1, "pool/ma") is None
    assert names(filled, 1, "nowhere") is None
    assert names(filled, 3, "") is None


def test_a_file_is_listed_with_its_size_and_digest(filled: Catalogue) -> None:
    found = filled.list_directory("debian", day(2), "pool/main/a/apt")
    assert found
    assert found[0].kind is EntryKind.FILE
    assert found[0].file
    assert found[0].file.digest == content("apt_2.0_amd64")
    assert found[0].file.path == "pool/main/a/apt/apt_2.0_amd64.deb"


def test_a_file_in_two_streams_is_listed_once(catalogue: Catalogue) -> None:
    arm = Coordinates("debian", "sid", "main", "arm64")
    both = binary("doc", architecture="all")
    import_run(catalogue, day(1), {MAIN: [both], arm: [both]})
    assert names(catalogue, 1, "pool/main/d/doc") == ["doc_1.0_all.deb"]


def test_suites_and_their_aliases_are_names_in_dists(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    files = {"main/binary-amd64/Packages": (content("p"), 1), "main/Contents": (content("c"), 2)}
    release = release_of(draft, "bookworm", files=files, aliases=("stable",))
    catalogue.stage_release(draft, release)
    catalogue.stage_release(
        draft, release_of(draft, "lenny/updates", aliases=("oldstable/updates",))
    )
    catalogue.publish(draft)
    found = catalogue.list_directory("debian", day(1), "dists")
    assert found
    assert [(entry.name, entry.kind, entry.target) for entry in found] == [
        ("bookworm", EntryKind.DIRECTORY, None),
        ("lenny", EntryKind.DIRECTORY, None),
        ("stable", EntryKind.LINK, "bookworm"),
    ]
    assert names(catalogue, 1, "dists/bookworm") == ["InRelease", "main"]
    assert names(catalogue, 1, "dists/stable/main") == ["Contents", "binary-amd64"]
    assert names(catalogue, 1, "dists/lenny") == ["updates"]
    assert names(catalogue, 1, "dists/lenny/updates") == ["InRelease"]
    links = catalogue.list_directory("debian", day(1), "dists/oldstable")
    assert links
    assert (links[0].name, links[0].target) == ("updates", "../lenny/updates")
    assert names(catalogue, 1, "dists/sid") is None


def test_the_files_of_a_directory_are_listed_by_hash(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    files = {"main/binary-amd64/Packages": (content("p"), 1)}
    catalogue.stage_release(draft, release_of(draft, files=files))
    catalogue.publish(draft)
    below = "dists/sid/main/binary-amd64"
    assert names(catalogue, 1, below) == ["Packages"]
    assert names(catalogue, 1, f"{below}/by-hash") == ["SHA256"]
    assert names(catalogue, 1, f"{below}/by-hash/SHA256") == [content("p").hex]
    assert names(catalogue, 1, f"{below}/by-hash/MD5Sum") is None
    assert names(catalogue, 1, "dists/sid/main/by-hash") is None


def test_a_flat_repository_is_listed_with_its_packages(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft, "sub/", files={"Packages": (content("p"), 1)}))
    flat = Coordinates("debian", "sub/", "main", "all")
    stage(catalogue, draft, [binary("a", path="sub/a_1.0_amd64.deb")], flat)
    catalogue.publish(draft)
    assert names(catalogue, 1, "") == ["sub"]
    assert names(catalogue, 1, "sub") == ["InRelease", "Packages", "a_1.0_amd64.deb"]
    assert names(catalogue, 1, "dists") is None


def test_a_directory_of_many_names_is_as_many_questions_as_one_of_few(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    stanzas = [binary(f"a{number}") for number in range(50)] + [binary("b")]
    import_run(catalogue, day(1), stanzas)
    counted = []
    for path, length in (("pool/main/a", 50), ("pool/main/b", 1)):
        with asked_statements(catalogue_database) as asked:
            assert len(names(catalogue, 1, path) or ()) == length
        counted.append(len(asked))
    assert counted[0] == counted[1] > 0
