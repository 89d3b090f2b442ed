# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures equal those of a plain count over every run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshot.digest import Digest
from storage.catalogue import BlobState
from storage.catalogue.statistics import Amount, ArchiveStatistics
from tests.databases import DatabaseUrls
from tests.mirror.scrub_bench import ScrubBench, scrub_bench
from tests.openpgp import ThrowawayKey, throwaway_key
from tests.small_archive import worlds

__all__ = ["throwaway_key"]

WORLDS = worlds(6)


@pytest.fixture
def bench(
    tmp_path: Path, throwaway_key: ThrowawayKey, database_urls: DatabaseUrls
) -> Iterator[ScrubBench]:
    with scrub_bench(tmp_path, throwaway_key, database_urls.catalogue) as one:
        for world in WORLDS[1:]:
            one.archive.publish(world)
            one.bench.sync()
        yield one


def counted(bench: ScrubBench, archive: str) -> ArchiveStatistics:
    """The same, counted run by run."""
    catalogue = bench.stores.catalogue
    found = ArchiveStatistics(archive)
    files: dict[Digest, int] = {}
    members: dict[Digest, int] = {}
    for stamp in catalogue.run_stamps(archive):
        found.runs += 1
        listed = {
            file.digest: file.size
            for stream in catalogue.streams_at(archive, stamp)
            for package in catalogue.packages_in(
                archive, stamp, stream.suite, stream.component, stream.architecture
            )
            for file in package.files
        }
        for size in listed.values():
            found.copies.add(size)
        for member in catalogue.inventory.members_of_run(archive, stamp):
            found.copies.add(member.size)
            members[member.digest] = member.size
        files |= listed
    for size in files.values():
        found.files.add(size)
        found.stored.add(size)
    for size in members.values():
        found.indices.add(size)
    return found


def test_the_figures_are_those_of_a_count_by_hand(bench: ScrubBench) -> None:
    (found,) = bench.stores.catalogue.inventory.statistics()
    assert found == counted(bench, "debian")
    assert found.ratio == found.copies.size / (found.stored.size + found.indices.size) > 1


def test_what_is_not_stored_is_counted_apart(bench: ScrubBench) -> None:
    deb = WORLDS[2].debs[0]
    catalogue = bench.stores.catalogue
    (before,) = catalogue.inventory.statistics()
    catalogue.set_blob_state([Digest.of(deb.data)], BlobState.MISSING)
    (after,) = catalogue.inventory.statistics()
    assert after.missing == Amount(1, len(deb.data))
    assert after.files == before.files
    assert after.stored.count == before.stored.count - 1
    assert after.copies.count < before.copies.count


def test_what_two_archives_have_is_shared(bench: ScrubBench) -> None:
    bench.bench.sync(name="other")
    debian, other = bench.stores.catalogue.inventory.statistics()
    assert (debian.name, other.name) == ("debian", "other")
    assert other.shared == other.stored
    assert debian.shared == other.stored
    assert debian.shared.count < debian.stored.count


def test_removed_runs_do_not_count(bench: ScrubBench) -> None:
    catalogue = bench.stores.catalogue
    catalogue.remove_runs("debian", [WORLDS[0].date], now=WORLDS[2].date)
    (found,) = catalogue.inventory.statistics()
    assert found == counted(bench, "debian")
    assert found.runs == 2


def test_an_archive_without_a_run_is_not_told_of(bench: ScrubBench) -> None:
    catalogue = bench.stores.catalogue
    draft = catalogue.begin_run("new", WORLDS[0].date, trust="none", origin="x")
    assert [one.name for one in catalogue.inventory.statistics()] == ["debian"]
    catalogue.abandon(draft)
