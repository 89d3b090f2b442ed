# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs and the like as stock workers send them: plain, or one zstd frame.

They are stored as a zstd frame, because that is what clients ask for; a frame that came is
kept byte for byte. Nothing is unpacked without a limit: a kilobyte can claim to be a gigabyte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import zstandard

from snapshot.digest import Digest
from snapshot.errors import InvalidInput

_MAGIC = b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 16
_LEVEL = 11

#: Programs that pack in parallel write some; millions of empty ones would only keep us busy.
_MAX_FRAMES = 10_000


@dataclass(frozen=True, slots=True)
class PackedText:
    """A body ready for the blob store.

    Attributes:
        frame: The zstd frame.
        content_digest: Of the unpacked bytes.
        content_size: Of the unpacked bytes.
        tail: Their end.
    """

    frame: bytes
    content_digest: Digest
    content_size: int
    tail: bytes


def unpack(data: bytes, *, limit: int, what: str) -> bytes:
    """The plain bytes of a body.

    Raises:
        InvalidInput: A damaged frame, or more than `limit` bytes.
    """
    return b"".join(_chunks(data, limit=limit, what=what))


def pack(data: bytes, *, limit: int, what: str, tail: int = 1 << 16) -> PackedText:
    """Check a body and make it a frame if it is none.

    Args:
        data: Plain, or a zstd frame.
        limit: Most bytes it may unpack to.
        what: How to call it in errors.
        tail: How many bytes of its end to keep at hand.

    Raises:
        InvalidInput: A damaged frame, or more than `limit` bytes.
    """
    running, size, end = sha256(), 0, b""
    for chunk in _chunks(data, limit=limit, what=what):
        running.update(chunk)
        size += len(chunk)
        end = (end + chunk)[-tail:] if tail else b""
    frame = data
    if not data.startswith(_MAGIC):
        frame = zstandard.ZstdCompressor(level=_LEVEL).compress(data)
    return PackedText(frame, Digest.from_raw(running.digest()), size, end)


def _chunks(data: bytes, *, limit: int, what: str) -> Iterator[bytes]:
    if not data.startswith(_MAGIC):
        if len(data) > limit:
            raise InvalidInput(f"{what}: {len(data):,} bytes", advice=f"limit: {limit:,}")
        yield data
        return
    size = 0
    try:
        for chunk in _unpacked(data):
            size += len(chunk)
            if size > limit:
                raise InvalidInput(f"{what}: more than {limit:,} bytes unpacked")
            yield chunk
    except zstandard.ZstdError as error:
        raise InvalidInput(f"{what}: not a zstd frame ({error})") from error
    except EOFError as error:
        raise InvalidInput(f"{what}: the zstd frame is cut off") from error


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Every frame, as whoever reads it later unpacks it: nothing may hide behind the first."""
    place = frames = 0
    while place < len(data):
        frames += 1
        if frames > _MAX_FRAMES:
            raise zstandard.ZstdError(f"more than {_MAX_FRAMES:,} frames")
        # Streamed frames say no size, so the plain `decompress` cannot read them.
        unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        while not unpacker.eof:
            piece = data[place : place + _CHUNK]
            if not piece:
                raise EOFError
            yield unpacker.decompress(piece)
            place += len(piece)
        place -= len(unpacker.unused_data)
