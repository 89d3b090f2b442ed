# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacking indices as a stream, within a limit: a bomb of a few kilobytes is refused early."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import TYPE_CHECKING, Protocol

import zstandard

from snapshot.errors import CorruptUpstream, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: The largest index of Debian has 65 MB; unknown sizes are bounded by this.
MOST_BYTES = 1 << 30
_PIECE = 256 * 1024
_MEMORY = 256 << 20
_WINDOW = 128 << 20
_SLICE = 256

#: Suffixes in apt's own order of preference; the empty one is the plain file.
SUFFIXES = (".xz", ".bz2", ".lzma", ".gz", ".zst", "")


def decompress(
    chunks: Iterable[bytes], path: str, *, limit: int = MOST_BYTES, name: str = ""
) -> Iterator[bytes]:
    """The plain bytes of a file whose suffix says how it is packed.

    Args:
        chunks: The packed bytes.
        path: Its name; a suffix outside `SUFFIXES` means plain.
        limit: Most plain bytes.
        name: How to call it in messages; default `path`.

    Raises:
        CorruptUpstream: Damaged, truncated, followed by something else, or too large.
        Unsupported: A packing that this program does not unpack.
    """
    label = name or path
    total = 0
    for piece in _plain(chunks, path, label):
        total += len(piece)
        if total > limit:
            raise CorruptUpstream(
                f"{label}: unpacks to more than the {limit:,} bytes it may have",
                advice="it was not used; a small file that grows without end is an attack",
            )
        yield piece


def _plain(chunks: Iterable[bytes], path: str, label: str) -> Iterator[bytes]:
    suffix = next((s for s in (*SUFFIXES[:-1], ".lz4", ".lz") if path.endswith(s)), "")
    if not suffix:
        yield from chunks
        return
    if suffix not in _NEW:
        raise Unsupported(f"{label}: {suffix} is not unpacked here", advice="use .xz or .gz")
    try:
        yield from _members(chunks, _NEW[suffix], label)
    except (zlib.error, lzma.LZMAError, OSError, zstandard.ZstdError, EOFError) as error:
        raise CorruptUpstream(f"{label}: damaged: {error}") from error


class _Member(Protocol):
    """One packed member of a file; every piece it gives is bounded."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def pieces(self, data: bytes) -> Iterator[bytes]: ...


def _members(chunks: Iterable[bytes], new: Callable[[], _Member], label: str) -> Iterator[bytes]:
    """All members of a file one after the other, as these formats allow."""
    member = new()
    for chunk in chunks:
        data = chunk
        while data:
            if member.eof:
                member = new()
            yield from member.pieces(data)
            data = member.unused_data if member.eof else b""
    if not member.eof:
        raise CorruptUpstream(f"{label}: truncated")


class _Lzma:
    """xz, lzma and bzip2 have the same decoder object."""

    def __init__(self, decoder: lzma.LZMADecompressor | bz2.BZ2Decompressor) -> None:
        self._decoder = decoder

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def pieces(self, data: bytes) -> Iterator[bytes]:
        yield self._decoder.decompress(data, _PIECE)
        while not self._decoder.eof and not self._decoder.needs_input:
            yield self._decoder.decompress(b"", _PIECE)


class _Gzip:
    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._decoder.decompress(data, _PIECE)
            yield piece
            data = self._decoder.unconsumed_tail
            if self._decoder.eof or (not data and len(piece) < _PIECE):
                return


class _Zstd:
    """Its decoder has no limit per call, so it is fed in slices: 4 bytes may become 128 KiB."""

    def __init__(self) -> None:
        self._decoder = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data + self._rest

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _SLICE):
            yield self._decoder.decompress(data[start : start + _SLICE])
            if self._decoder.eof:
                self._rest = data[start + _SLICE :]
                return


_NEW: dict[str, Callable[[], _Member]] = {
    ".xz": lambda: _Lzma(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)),
    ".lzma": lambda: _Lzma(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MEMORY)),
    ".bz2": lambda: _Lzma(bz2.BZ2Decompressor()),
    ".gz": _Gzip,
    ".zst": _Zstd,
}
