# SPDX-License-Identifier: GPL-3.0-or-later
"""Half files that nobody went on with are found, and nobody's work is taken away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage.blobs import LocalBlobs
from storage.blobs.tidy import tidy

OLD, NOW = 1_000_000.0, 2_000_000.0


def half(store: LocalBlobs, key: str, when: float) -> None:
    """An interrupted download of five bytes with a note, last written at a time."""
    before = set((store.root / "partial").glob("*"))
    with store.writer(key) as writer:
        writer.write(b"half ")
        writer.validator = "etag"
    for path in set((store.root / "partial").glob("*")) - before:
        os.utime(path, (when, when))


def names(store: LocalBlobs) -> int:
    return len(list((store.root / "partial").iterdir()))


def test_only_what_is_old_goes_with_its_note(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    half(store, "old", OLD)
    half(store, "young", NOW)
    assert tidy(tmp_path, NOW - 1, remove=False) == (1, 5)
    assert names(store) == 4
    assert store.tidy(NOW - 1, remove=True) == (1, 5)
    assert names(store) == 2
    with store.writer("young") as writer:
        assert (writer.size, writer.validator) == (5, "etag")
    with store.writer("old") as writer:
        assert (writer.size, writer.validator) == (0, "")


def test_a_file_that_is_being_written_stays_however_old(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    half(store, "old", OLD)
    with store.writer("old"):
        for path in (tmp_path / "partial").iterdir():
            os.utime(path, (OLD, OLD))
        assert tidy(tmp_path, NOW, remove=True) == (0, 0)
    assert names(store) == 2


def test_a_note_without_its_file_goes_and_a_directory_that_was_never_born(tmp_path: Path) -> None:
    note = tmp_path / "partial" / f"{'0' * 40}.validator"
    unborn = tmp_path / "incoming" / ".new-x"
    for directory in (note.parent, unborn):
        directory.mkdir(parents=True)
    note.write_text("etag")
    for path in (note, unborn):
        os.utime(path, (OLD, OLD))
    assert tidy(tmp_path, NOW, remove=True) == (2, 4)
    assert not note.exists()
    assert not unborn.exists()


def test_an_empty_store_has_nothing_to_tidy(tmp_path: Path) -> None:
    assert tidy(tmp_path / "none", NOW, remove=True) == (0, 0)


def test_a_directory_that_is_born_at_that_moment_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "incoming").mkdir()
    born = tmp_path / "incoming/.new-x"
    monkeypatch.setattr(
        "storage.blobs.tidy._entries", lambda place: [born] if place == born.parent else []
    )
    assert tidy(tmp_path, NOW, remove=True) == (0, 0)
