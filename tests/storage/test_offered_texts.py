# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts kept for a while, in case somebody asks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.errors import PermanentError
from storage import offered_texts
from storage.offered_texts import OfferedTexts


def offer(texts: OfferedTexts, text: bytes) -> Digest:
    texts.offer(Digest.of(text), text)
    return Digest.of(text)


def test_what_one_process_offers_another_takes(tmp_path: Path) -> None:
    identity = offer(OfferedTexts(tmp_path / "new", 10), b"some text\n" * 100)
    assert OfferedTexts(tmp_path / "new", 10).take(identity) == b"some text\n" * 100
    assert OfferedTexts(tmp_path / "new", 10).take(Digest.of(b"another")) is None
    assert OfferedTexts(tmp_path / "nowhere", 10).take(identity) is None


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied"])
def test_what_a_power_cut_tore_is_not_given(tmp_path: Path, damage: str) -> None:
    texts = OfferedTexts(tmp_path, 10)
    identity = offer(texts, bytes(range(256)) * 8)
    path = tmp_path / identity.hex
    whole = path.read_bytes()
    other = bytearray(whole)
    other[len(whole) // 2] ^= 1
    path.write_bytes({"cut": whole[:-9], "changed": bytes(other), "emptied": b""}[damage])
    assert texts.take(identity) is None


def test_the_longest_not_offered_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered_texts, "_BETWEEN_LOOKS", 5)
    texts = OfferedTexts(tmp_path, 3)
    ids = []
    for number in range(4):
        ids.append(offer(texts, b"%d" % number))
        os.utime(tmp_path / ids[-1].hex, (number, number))
    offer(texts, b"0")  # asked for again: young again
    offer(texts, b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        one.hex for one in (ids[0], ids[3], Digest.of(b"new"))
    )


def test_a_disk_that_refuses_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PermanentError, match="keeping a text"):
        offer(OfferedTexts(tmp_path / "file", 3), b"text")


def test_a_large_one_takes_the_place_of_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offered_texts, "_BETWEEN_LOOKS", 1)
    texts = OfferedTexts(tmp_path, 3)
    ids = []
    for number, text in enumerate((b"a", b"b", os.urandom(100_000), b"c")):
        ids.append(offer(texts, text))
        os.utime(tmp_path / ids[-1].hex, (number, number))
    assert {path.name for path in tmp_path.iterdir()} == {ids[2].hex, ids[3].hex}
