# SPDX-License-Identifier: GPL-3.0-or-later
"""An index is split the same way however its bytes arrive."""

from __future__ import annotations

import hashlib

import pytest

from snapshot.errors import InvalidInput
from snapshot.stanza import cut_stanzas, iter_stanzas, split_stanzas, stanza_key

INDEX = b"\n\nPackage: a\nX: 1\n 2\n\n\n \n\t\nPackage: b\n\nPackage: c\n \n"


def test_blank_lines_of_any_kind_separate_and_belong_to_no_stanza() -> None:
    assert split_stanzas(INDEX) == [b"Package: a\nX: 1\n 2", b"Package: b", b"Package: c"]
    assert split_stanzas(b"") == split_stanzas(b"\n \n") == split_stanzas(b"  ") == []


@pytest.mark.parametrize("size", range(1, len(INDEX) + 1))
def test_an_index_in_pieces_gives_the_same_stanzas(size: int) -> None:
    chunks = [INDEX[at : at + size] for at in range(0, len(INDEX), size)]
    assert list(iter_stanzas(chunks)) == split_stanzas(INDEX)


def test_stanzas_that_end_in_one_piece_come_together() -> None:
    pieces = [b"A: 1\n\nB: 1\n\nC", b": 1\n", b"\nD: 1\n"]
    assert list(cut_stanzas(pieces)) == [[b"A: 1", b"B: 1"], [b"C: 1"], [b"D: 1"]]


def test_a_stanza_without_end_is_refused_before_it_fills_the_memory() -> None:
    def endless() -> object:
        while True:
            yield b"x" * 1000

    with pytest.raises(InvalidInput, match="more than 5000 bytes"):
        list(iter_stanzas(endless(), limit=5000))  # type: ignore[arg-type]


def test_the_key_is_the_sha256_of_the_bytes() -> None:
    assert stanza_key(b"Package: b") == hashlib.sha256(b"Package: b").digest()


def test_blank_lines_alone_are_no_stanza() -> None:
    assert split_stanzas(b"\n\n\n ") == []
    assert list(iter_stanzas([b"\n", b"\n\n "])) == []
