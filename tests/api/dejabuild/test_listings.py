# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from api.dejabuild.listings import RunListing, SourceListing, run_of
from snapshot.errors import NotFound
from snapshot.timestamp import Timestamp
from tests.api.archive_server import ArchiveServer
from tests.api.mr.archive import STAMPS

FIRST, SECOND, THIRD = (Timestamp.parse(stamp) for stamp in STAMPS)


def test_the_newest_run_and_the_run_of_a_moment(known_archive: ArchiveServer) -> None:
    catalogue = known_archive.catalogue
    assert run_of(catalogue, "debian", None).timestamp == THIRD
    assert run_of(catalogue, "debian", STAMPS[0]).timestamp == FIRST
    assert run_of(catalogue, "debian", "20260215T000000Z").timestamp == SECOND
    with pytest.raises(NotFound, match="the oldest one is 20260101T000000Z"):
        run_of(catalogue, "debian", "20250101T000000Z")


def test_one_source_is_listed_as_the_whole_indices_list_it(known_archive: ArchiveServer) -> None:
    catalogue = known_archive.catalogue
    run = run_of(catalogue, "debian", STAMPS[0])
    narrow = SourceListing(catalogue, run, "tor", "1.0-1")
    whole = RunListing(catalogue, run)
    for architecture in ("source", "amd64", "all"):
        where = ("debian", FIRST, "sid", "main", architecture)
        expected = {file.path: file for file in whole.packages_in(*where)}
        assert {file.path: file for file in narrow.packages_in(*where)} == expected
        assert expected
    assert narrow.components("debian", FIRST, "sid") == ("main",)
    assert narrow.components("debian", FIRST, "forky") == ()
    assert narrow.architectures() == ("all", "amd64")


def test_what_was_superseded_is_not_listed(known_archive: ArchiveServer) -> None:
    run = run_of(known_archive.catalogue, "debian", STAMPS[2])
    narrow = SourceListing(known_archive.catalogue, run, "tor", "1.0-1")
    assert list(narrow.packages_in("debian", THIRD, "sid", "main", "amd64")) == []
    assert narrow.components("debian", THIRD, "sid") == ()
    assert narrow.components("debian", THIRD, "forky") == ("main",)


def test_a_stream_that_was_not_mirrored_is_named(known_archive: ArchiveServer) -> None:
    run = run_of(known_archive.catalogue, "debian", STAMPS[0])
    with pytest.raises(NotFound, match="riscv64"):
        list(RunListing(known_archive.catalogue, run).packages_in(
            "debian", FIRST, "sid", "main", "riscv64"
        ))  # fmt: skip


def test_all_without_an_index_of_its_own_is_found_in_the_others(
    known_archive: ArchiveServer,
) -> None:
    run = run_of(known_archive.catalogue, "plain", None)
    where = ("plain", run.timestamp, "stable", "main")
    for listing in (
        RunListing(known_archive.catalogue, run),
        SourceListing(known_archive.catalogue, run, "tor", "1.0-1"),
    ):
        assert [file.name for file in listing.packages_in(*where, "all")] == ["tor-doc"]
        native = sorted(file.name for file in listing.packages_in(*where, "amd64"))
        assert native == ["tor", "tor-doc"]
