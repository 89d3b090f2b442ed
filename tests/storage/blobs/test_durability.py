# SPDX-License-Identifier: GPL-3.0-or-later
"""Flushing: one by one, or the whole file system at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage.blobs import durability
from storage.blobs.durability import BATCH, Disk, sync_file_system


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the kernel, in order."""
    asked: list[str] = []
    fsync = os.fsync

    def one(descriptor: int) -> None:
        asked.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def all_at_once(path: Path) -> bool:
        asked.append(f"all below {path}")
        return True

    monkeypatch.setattr(os, "fsync", one)
    monkeypatch.setattr(durability, "sync_file_system", all_at_once)
    return asked


def files(directory: Path, count: int) -> list[Path]:
    paths = [directory / str(n) for n in range(count)]
    for path in paths:
        path.write_bytes(b"x")
    return paths


def test_few_files_are_flushed_one_by_one(tmp_path: Path, flushed: list[str]) -> None:
    paths = files(tmp_path, BATCH - 1)
    Disk().data(paths)
    Disk().names([tmp_path])
    assert flushed == [*map(str, paths), str(tmp_path)]


def test_many_files_are_one_flush(tmp_path: Path, flushed: list[str]) -> None:
    Disk().data(files(tmp_path, BATCH))
    assert flushed == [f"all below {tmp_path}"]


def test_a_file_that_another_thread_published_is_no_error(
    tmp_path: Path, flushed: list[str]
) -> None:
    Disk().data([tmp_path / "gone"])
    assert flushed == []


def test_the_real_flush_works_here(tmp_path: Path) -> None:
    assert sync_file_system(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_file_system(tmp_path / "absent")
