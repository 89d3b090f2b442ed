# SPDX-License-Identifier: GPL-3.0-or-later
"""Indices are unpacked whole or refused, and never without a limit."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mirror.decompress import decompress
from snapshot.errors import CorruptUpstream, Unsupported

DATA = b"Package: hello\nVersion: 2.10-3\n\n" * 4_000 + random.Random(1).randbytes(5000)

PACK: dict[str, Callable[[bytes], bytes]] = {
    ".xz": lzma.compress,
    ".lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    ".bz2": bz2.compress,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "": lambda data: data,
}


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def unpacked(data: bytes, suffix: str, size: int = 4096, limit: int = 1 << 30) -> bytes:
    return b"".join(decompress(pieces(data, size), f"main/Packages{suffix}", limit=limit))


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("size", [97, 1 << 20])
def test_every_packing_comes_back_whole(suffix: str, size: int) -> None:
    assert unpacked(PACK[suffix](DATA), suffix, size) == DATA


@pytest.mark.parametrize("suffix", [".xz", ".bz2", ".gz", ".zst"])
def test_several_members_are_one_file(suffix: str) -> None:
    packed = PACK[suffix](DATA) + PACK[suffix](b"more")
    assert unpacked(packed, suffix) == DATA + b"more"
    assert unpacked(packed, suffix, 7) == DATA + b"more"


@pytest.mark.parametrize("suffix", PACK)
def test_an_empty_index_is_an_index(suffix: str) -> None:
    assert unpacked(PACK[suffix](b""), suffix) == b""


@pytest.mark.parametrize("suffix", [suffix for suffix in PACK if suffix])
@pytest.mark.parametrize("cut", [0, 5, 100, -1])
def test_a_truncated_file_is_refused(suffix: str, cut: int) -> None:
    with pytest.raises(CorruptUpstream, match=f"Packages{suffix}"):
        unpacked(PACK[suffix](DATA)[:cut], suffix)


@pytest.mark.parametrize("suffix", [".xz", ".bz2", ".gz", ".zst"])
def test_a_damaged_file_is_refused(suffix: str) -> None:
    packed = bytearray(PACK[suffix](DATA))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(CorruptUpstream):
        unpacked(bytes(packed), suffix)


@pytest.mark.parametrize("suffix", [".xz", ".bz2", ".gz", ".zst"])
def test_what_follows_a_file_is_refused(suffix: str) -> None:
    with pytest.raises(CorruptUpstream):
        unpacked(PACK[suffix](DATA) + b"and something else", suffix)


@pytest.mark.parametrize("suffix", PACK)
def test_more_than_the_limit_is_refused(suffix: str) -> None:
    assert unpacked(PACK[suffix](DATA), suffix, limit=len(DATA)) == DATA
    with pytest.raises(CorruptUpstream, match="more than the"):
        unpacked(PACK[suffix](DATA), suffix, limit=len(DATA) - 1)


@pytest.mark.parametrize("suffix", [".xz", ".bz2", ".gz", ".zst"])
def test_a_bomb_is_refused_in_little_memory(suffix: str) -> None:
    bomb = PACK[suffix](bytes(24 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(CorruptUpstream, match="more than the 1,048,576 bytes"):
            unpacked(bomb, suffix, 1 << 20, limit=1 << 20)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("suffix", [".lz4", ".lz"])
def test_a_packing_we_do_not_know_is_named(suffix: str) -> None:
    with pytest.raises(Unsupported, match=suffix):
        unpacked(b"x", suffix)


@given(st.binary(max_size=300), st.sampled_from([".xz", ".lzma", ".bz2", ".gz", ".zst"]))
def test_noise_is_refused_with_one_message(noise: bytes, suffix: str) -> None:
    try:
        unpacked(noise, suffix, 64, limit=1 << 20)
    except CorruptUpstream as error:
        said = error.message
    else:
        said = suffix
    assert suffix in said
