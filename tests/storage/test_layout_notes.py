# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes are whole or not there, and nobody's addition is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from snapshot.timestamp import Timestamp
from storage.layout_notes import LayoutNotes

ONE, TWO = (Timestamp.parse(f"2026010{n}T000000Z") for n in (1, 2))


@pytest.fixture
def notes(tmp_path: Path) -> LayoutNotes:
    return LayoutNotes(tmp_path / "debian")


def test_a_run_is_expected_until_it_is_placed(notes: LayoutNotes) -> None:
    assert notes.expected_run() is None
    notes.expect_run(ONE)
    notes.run_is_placed(TWO)
    assert notes.expected_run() == ONE
    notes.run_is_placed(ONE)
    assert notes.expected_run() is None


@pytest.mark.parametrize("text", [b"", b"2026", b"\xff\xfe", b"20269999T000000Z\n"])
def test_a_damaged_note_expects_nothing(notes: LayoutNotes, tmp_path: Path, text: bytes) -> None:
    notes.expect_run(ONE)
    (tmp_path / "debian/expected").write_bytes(text)
    assert notes.expected_run() is None


def test_names_with_other_ends_of_lines_are_one_name(notes: LayoutNotes, tmp_path: Path) -> None:
    (tmp_path / "debian").mkdir()
    assert notes.reused_names() == []
    notes.remember_reused(["pool/b\u2028c", "pool/a\x0bd"])
    notes.remember_reused(["pool/a\x0bd"])
    assert notes.reused_names() == ["pool/a\x0bd", "pool/b\u2028c"]


def test_names_remembered_at_the_same_time_are_all_there(
    notes: LayoutNotes, tmp_path: Path
) -> None:
    (tmp_path / "debian").mkdir()
    names = [f"pool/{number:03}" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: notes.remember_reused([name]), names))
    assert notes.reused_names() == names
