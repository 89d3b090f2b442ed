# SPDX-License-Identifier: GPL-3.0-or-later
"""Links are made again from the catalogue, whatever happened to them."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mirror.scrub_bench import WORLD, ScrubBench, scrub_bench
from tests.mirror.test_verify_mirror import faults, verify
from tests.openpgp import ThrowawayKey
from tests.small_archive import worlds


@pytest.fixture
def bench(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[ScrubBench]:
    with scrub_bench(tmp_path, throwaway_key) as one:
        one.archive.publish(worlds(6)[1])
        one.bench.sync()
        yield one


def links(bench: ScrubBench) -> list[Path]:
    root = bench.bench.root / "archive"
    return sorted(
        Path(where) / name
        for where, directories, names in os.walk(root)
        for name in directories + names
        if (Path(where) / name).is_symlink()
    )


def test_any_links_removed_or_turned_are_found_and_made_again(bench: ScrubBench) -> None:
    sound = bench.bench.tree()
    chosen = random.Random(7)
    for round_ in range(4):
        for link in chosen.sample(links(bench), 5):
            if not link.is_symlink():
                continue  # below one that was removed
            target = str(link.readlink())
            link.unlink()
            if chosen.random() < 0.5:
                link.symlink_to(f"{target}-astray")
        assert faults(verify(bench)), round_
        assert faults(verify(bench, repair=True)) == []
        assert bench.bench.tree() == sound


def test_a_lost_tree_is_made_again_as_a_whole(bench: ScrubBench) -> None:
    sound = bench.bench.tree()
    shutil.rmtree(bench.bench.root / "archive")
    assert faults(verify(bench, repair=True)) == []
    assert bench.bench.tree() == sound


def test_a_stamp_that_leads_to_another_run_is_turned_back(bench: ScrubBench) -> None:
    """A web server over the trees would serve other bytes under it."""
    sound = bench.bench.tree()
    stamps = bench.stores.catalogue.run_stamps("debian")
    one, other = (bench.bench.root / "archive/debian" / str(stamp) for stamp in stamps)
    target = other.readlink()
    one.unlink()
    one.symlink_to(target)
    assert ("link", one.name) in faults(verify(bench))
    assert faults(verify(bench, repair=True)) == []
    assert bench.bench.tree() == sound


def test_a_stray_stamp_is_taken_away(bench: ScrubBench) -> None:
    stray = bench.bench.root / "archive/debian/20010101T000000Z"
    stray.symlink_to(str(WORLD.date))
    assert faults(verify(bench)) == [("link", stray.name)]
    assert faults(verify(bench, repair=True)) == []
    assert not stray.is_symlink()


def test_where_blobs_are_no_files_there_are_no_links_to_check(bench: ScrubBench) -> None:
    shutil.rmtree(bench.bench.root / "archive")
    object.__setattr__(bench.stores, "layout", None)
    assert verify(bench).findings == []
