# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest

from rebuilders.download_cache import DownloadCache
from snapshot.digest import Digest
from snapshot.errors import NotFound

ONE, TWO = Digest.of(b"one"), Digest.of(b"two")


def test_what_is_here_is_not_fetched_again(tmp_path: Path) -> None:
    cache = DownloadCache(tmp_path)
    fetched = []

    def fetch(digest: Digest, path: Path) -> None:
        fetched.append(digest)
        path.write_bytes(b"one")

    assert cache.obtain(ONE, fetch) == cache.obtain(ONE, fetch)
    assert fetched == [ONE]
    assert cache.path(ONE).stat().st_mode & 0o777 == 0o444


def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    cache = DownloadCache(tmp_path)

    def fetch(digest: Digest, path: Path) -> None:
        raise NotFound("gone")

    with pytest.raises(NotFound):
        cache.obtain(ONE, fetch)
    assert not cache.path(ONE).exists()


def test_the_file_unused_for_longest_goes_first(tmp_path: Path) -> None:
    cache = DownloadCache(tmp_path, limit=4)
    for age, (digest, data) in enumerate([(TWO, b"two"), (ONE, b"one")]):
        cache.path(digest).parent.mkdir()
        cache.path(digest).write_bytes(data)
        os.utime(cache.path(digest), (1000 + age, 1000 + age))
    assert cache.trim() == 3
    assert not cache.path(TWO).exists()
    assert cache.path(ONE).exists()
    assert cache.trim() == 0


def test_a_verified_file_is_taken_in(tmp_path: Path) -> None:
    cache = DownloadCache(tmp_path)
    source = tmp_path / "source"
    source.write_bytes(b"one")
    assert cache.keep(source, ONE).read_bytes() == b"one"
    assert cache.relative(ONE) == f"{ONE.hex[:2]}/{ONE.hex}"
