# SPDX-License-Identifier: GPL-3.0-or-later
"""What the catalogue refers to, below `dists/` and in the pool."""

from __future__ import annotations

from pathlib import Path

from snapshot.digest import Digest
from tests.databases import DatabaseUrls
from tests.mirror.scrub_bench import WORLD, scrub_bench
from tests.openpgp import ThrowawayKey, throwaway_key
from tests.small_archive import worlds

__all__ = ["throwaway_key"]


def test_members_of_releases_are_found_by_run_and_by_digest(
    tmp_path: Path, throwaway_key: ThrowawayKey, database_urls: DatabaseUrls
) -> None:
    with scrub_bench(tmp_path, throwaway_key, database_urls.catalogue) as bench:
        inventory = bench.stores.catalogue.inventory
        members = inventory.members_of_run("debian", WORLD.date)
        assert {member.suite for member in members} == {"bookworm"}
        for member in members:
            assert member.digest == Digest.of(bench.archive.files[f"/dists/bookworm/{member.path}"])
            assert member in inventory.release_members(member.digest)
        second = worlds(6)[1]
        bench.archive.publish(second)
        bench.bench.sync()
        bench.stores.catalogue.remove_runs("debian", [WORLD.date], now=second.date)
        assert inventory.members_of_run("debian", WORLD.date) == ()
        assert inventory.members_of_run("debian", second.date) != ()


def test_every_file_is_told_once_and_in_order(
    tmp_path: Path, throwaway_key: ThrowawayKey, database_urls: DatabaseUrls
) -> None:
    with scrub_bench(tmp_path, throwaway_key, database_urls.catalogue) as bench:
        inventory = bench.stores.catalogue.inventory
        files = list(inventory.files_of("debian"))
        assert {deb.path: Digest.of(deb.data) for deb in WORLD.debs}.items() <= {
            file.path: file.digest for file in files
        }.items()
        assert files == sorted(set(files), key=lambda file: file.path)
        assert list(inventory.files_of("unknown")) == []
