# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io

import pytest
import zstandard

from orchestrator.packed_text import pack, unpack, unpack_frames
from snapshot.digest import Digest
from snapshot.errors import InvalidInput

TEXT = b"line of a log\n" * 1000
FRAME = zstandard.ZstdCompressor(write_content_size=False).compress(TEXT)


def test_a_frame_is_kept_byte_for_byte() -> None:
    packed = pack(FRAME, limit=1 << 20, what="log")
    assert packed.frame == FRAME
    assert (packed.content_size, packed.content_digest) == (len(TEXT), Digest.of(TEXT))


def test_plain_text_becomes_a_frame() -> None:
    packed = pack(TEXT, limit=1 << 20, what="log")
    assert unpack(packed.frame, limit=1 << 20, what="log") == TEXT
    assert packed.content_digest == Digest.of(TEXT)


def test_the_tail_is_the_end() -> None:
    assert pack(FRAME, limit=1 << 20, what="log", tail=14).tail == b"line of a log\n"
    assert pack(FRAME, limit=1 << 20, what="log", tail=0).tail == b""


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zstandard.ZstdCompressor().compress(b"\0" * (64 << 20))
    assert len(bomb) < 10_000
    with pytest.raises(InvalidInput, match="more than 1,048,576 bytes"):
        unpack(bomb, limit=1 << 20, what="log")


def test_what_is_too_large_unpacked_is_too_large_plain() -> None:
    with pytest.raises(InvalidInput, match="limit: 10"):
        unpack(TEXT, limit=10, what="log")


@pytest.mark.parametrize("cut", [5, len(FRAME) // 2, len(FRAME) - 1])
def test_a_frame_that_is_cut_off_is_named(cut: int) -> None:
    with pytest.raises(InvalidInput, match="build_log"):
        unpack(FRAME[:cut], limit=1 << 20, what="build_log")


def test_a_damaged_frame_is_named() -> None:
    with pytest.raises(InvalidInput, match="not a zstd frame"):
        unpack(FRAME[:4] + b"\xff" * 60, limit=1 << 20, what="log")


def test_empty_is_empty() -> None:
    assert unpack(b"", limit=1, what="log") == b""


def test_what_hides_behind_the_first_frame_is_counted_and_checked() -> None:
    two = pack(FRAME + FRAME, limit=1 << 20, what="log")
    assert (two.content_size, two.content_digest) == (2 * len(TEXT), Digest.of(TEXT * 2))
    bomb = zstandard.ZstdCompressor().compress(b"\0" * (64 << 20))
    with pytest.raises(InvalidInput, match="more than 1,048,576 bytes"):
        pack(FRAME + bomb, limit=1 << 20, what="log")
    with pytest.raises(InvalidInput, match="not a zstd frame"):
        pack(FRAME + b"no frame at all", limit=1 << 20, what="log")
    with pytest.raises(InvalidInput, match="more than 10,000 frames"):
        pack(zstandard.ZstdCompressor().compress(b"") * 10_001, limit=1 << 20, what="log")
    with pytest.raises(InvalidInput, match="cut off"):
        pack(FRAME + FRAME[:9], limit=1 << 20, what="log")


def test_a_bomb_is_met_in_pieces_that_fit_into_memory() -> None:
    bomb = zstandard.ZstdCompressor().compress(b"\0" * (512 << 20))
    largest = max(len(piece) for piece in unpack_frames(io.BytesIO(bomb)))
    assert largest <= 48 << 20
