# SPDX-License-Identifier: GPL-3.0-or-later
"""One path in one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from storage.blobs import Blob
from storage.catalogue import BlobState, Catalogue, lookup_files
from storage.database import Database
from tests.sqlite_steps import counted_steps
from tests.storage.catalogue.archive_maker import (
    begin,
    binary,
    content,
    day,
    import_run,
    release_of,
    stage,
)

INDEX = content("Packages.xz")
FILES = {"main/binary-amd64/Packages.xz": (INDEX, 7)}
ELSEWHERE = Coordinates("derivative", "sid", "main", "amd64")
DEB = "pool/main/a/a/a_1.0_amd64.deb"


def digest_at(catalogue: Catalogue, number: int, path: str) -> Digest | None:
    file = catalogue.file_at("debian", day(number), path)
    return None if file is None else file.digest


@pytest.fixture
def released(catalogue: Catalogue) -> Catalogue:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(
        draft, release_of(draft, "lenny/updates", files=FILES, aliases=("oldstable/updates",))
    )
    catalogue.publish(draft)
    return catalogue


def test_metadata_is_what_the_run_released(released: Catalogue) -> None:
    path = "dists/lenny/updates/main/binary-amd64/Packages.xz"
    file = released.file_at("debian", day(1), path)
    assert file
    assert (file.path, file.digest, file.size, file.state) == (path, INDEX, 7, BlobState.KNOWN)


def test_an_alias_of_a_suite_leads_to_its_files(released: Catalogue) -> None:
    file = released.file_at("debian", day(1), "dists/oldstable/updates/InRelease")
    assert file
    assert file.path == "dists/lenny/updates/InRelease"


def test_by_hash_finds_a_file_of_its_directory_only(released: Catalogue) -> None:
    base = "dists/lenny/updates/main"
    assert digest_at(released, 1, f"{base}/binary-amd64/by-hash/SHA256/{INDEX}") == INDEX
    assert digest_at(released, 1, f"{base}/binary-arm64/by-hash/SHA256/{INDEX}") is None
    assert digest_at(released, 1, f"{base}/binary-amd64/by-hash/SHA256/{'0' * 64}") is None
    assert digest_at(released, 1, f"{base}/binary-amd64/by-hash/SHA256/../Packages.xz") is None


@pytest.mark.parametrize(
    "path", ["", "dists", "dists/", "dists/lenny", "dists/lenny/updates", "dists/sid/InRelease"]
)
def test_a_directory_or_a_stranger_is_no_file(released: Catalogue, path: str) -> None:
    assert released.file_at("debian", day(1), path) is None


def test_metadata_of_another_run_is_not_served(catalogue: Catalogue) -> None:
    for number in (1, 2):
        import_run(catalogue, day(number), [binary("a")], release=f"r{number}")
    assert digest_at(catalogue, 1, "dists/sid/InRelease") == content("Release", "sid", "r1")
    assert digest_at(catalogue, 2, "dists/sid/InRelease") == content("Release", "sid", "r2")
    assert catalogue.file_at("debian", day(3), "dists/sid/InRelease") is None


def test_any_stamp_serves_any_name_of_the_pool(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    import_run(catalogue, day(2), [binary("b")])
    for number in (1, 2):
        assert digest_at(catalogue, number, DEB) == content("a_1.0_amd64")
    assert digest_at(catalogue, 1, "pool/main/c/c/c_1.0_amd64.deb") is None


def test_a_name_reused_for_other_bytes_gives_those_of_the_run(catalogue: Catalogue) -> None:
    for number, bytes_ in ((1, "old"), (2, "new"), (3, "old")):
        import_run(catalogue, day(number), [binary("a", bytes_=bytes_)])
    import_run(catalogue, day(4), [])
    got = [digest_at(catalogue, number, DEB) for number in (1, 2, 3)]
    assert got == [content("old"), content("new"), content("old")]
    # Nothing of that name was there on the 4th: the one that was seen last.
    assert digest_at(catalogue, 4, DEB) == content("old")


def test_no_later_run_changes_what_a_name_of_another_run_gives(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [])
    import_run(catalogue, day(2), [binary("a", bytes_="first")])
    import_run(catalogue, day(3), [])
    for number, bytes_ in ((4, "second"), (5, "third")):
        got = [digest_at(catalogue, at, DEB) for at in (1, 2, 3)]
        assert got == [content("first")] * 3
        import_run(catalogue, day(number), [binary("a", bytes_=bytes_)])
    assert [digest_at(catalogue, at, DEB) for at in (1, 2, 3)] == [content("first")] * 3


def test_another_archive_has_another_pool(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    draft = begin(catalogue, day(1), "other")
    catalogue.stage_release(draft, release_of(draft))
    catalogue.publish(draft)
    assert catalogue.file_at("other", day(1), DEB) is None


def test_packages_below_dists_are_found_too(catalogue: Catalogue) -> None:
    path = "dists/potato/main/binary-i386/a.deb"
    import_run(catalogue, day(1), [binary("a", path=path)])
    assert digest_at(catalogue, 1, path) == content("a_1.0_amd64")


def test_a_stored_file_says_so(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("a")])
    catalogue.publish(draft)
    catalogue.record_blob(Blob(content("a_1.0_amd64"), 1001, "ab" * 20))
    file = catalogue.file_at("debian", day(1), DEB)
    assert file
    assert (file.state, file.sha1) == (BlobState.PRESENT, "ab" * 20)


def test_a_name_is_reused_only_within_its_archive(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a"), binary("b")])
    import_run(catalogue, day(1), {ELSEWHERE: [binary("a", bytes_="theirs")]})
    both = [DEB, DEB.replace("a", "b"), "pool/unknown"]
    assert catalogue.reused_paths("debian", both) == set()
    draft = begin(catalogue, day(2))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("a", bytes_="ours, changed")])
    assert catalogue.reused_paths("debian", both) == {DEB}
    assert catalogue.reused_paths("derivative", both) == set()
    assert catalogue.reused_paths("debian", []) == set()


def test_a_suite_of_the_run_wins_over_an_alias_of_another(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    own = release_of(draft, "stable")
    catalogue.stage_release(draft, release_of(draft, "bookworm", aliases=("stable",)))
    catalogue.stage_release(draft, own)
    catalogue.publish(draft)
    assert digest_at(catalogue, 1, "dists/stable/InRelease") == own.inrelease
    release = catalogue.release_at("debian", day(1), "stable")
    assert release
    assert release.inrelease == own.inrelease


def test_a_flat_repository_has_its_metadata_where_apt_looks(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    root = release_of(draft, "./", files={"Packages.gz": (INDEX, 7)})
    below = release_of(draft, "sub/", files={"Packages.gz": (content("other"), 7)})
    for release in (root, below):
        catalogue.stage_release(draft, release)
    flat = Coordinates("debian", "./", "main", "all")
    stage(catalogue, draft, [binary("a", path="./a_1.0_amd64.deb")], flat)
    catalogue.publish(draft)
    assert digest_at(catalogue, 1, "InRelease") == root.inrelease
    assert digest_at(catalogue, 1, "Packages.gz") == INDEX
    assert digest_at(catalogue, 1, f"by-hash/SHA256/{INDEX}") == INDEX
    assert digest_at(catalogue, 1, "sub/InRelease") == below.inrelease
    assert digest_at(catalogue, 1, "sub/Packages.gz") == content("other")
    assert digest_at(catalogue, 1, "dists/InRelease") is None
    file = catalogue.file_at("debian", day(1), "a_1.0_amd64.deb")
    assert file
    assert file.path == "a_1.0_amd64.deb"


def steps_of_looking_for_reused_names(place: Path, entries: int) -> int:
    """How many hundreds of SQLite's steps it takes for all names of an archive."""
    database = Database.open(f"sqlite:///{place}/{entries}.sqlite", "catalogue")
    database.upgrade()
    names = [f"p{number}" for number in range(entries)]
    import_run(Catalogue(database), day(1), [binary(name) for name in names])
    paths = [f"pool/main/{name[0]}/{name}/{name}_1.0_amd64.deb" for name in names]
    with database.read() as connection, counted_steps(connection) as steps:
        assert lookup_files.reused_paths(connection, "debian", paths) == set()
    database.close()
    return steps[0]


def test_looking_for_reused_names_costs_each_name_the_same(tmp_path: Path) -> None:
    few, many = (steps_of_looking_for_reused_names(tmp_path, n) for n in (200, 1600))
    assert 0 < many < 12 * few
