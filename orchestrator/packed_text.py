# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs and the like as stock workers send them: plain, or one zstd frame.

They are stored as a zstd frame, because that is what clients ask for; a frame that came is
kept byte for byte. Nothing is unpacked without a limit: a kilobyte can claim to be a gigabyte.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import IO

import zstandard

from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from storage.blobs import BlobReader

_MAGIC = b"\x28\xb5\x2f\xfd"
#: Packed bytes looked at together: four of them can stand for 128 KiB, so 64 KiB for 2 GiB.
_CHUNK = 1 << 10
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
    running, size, end = sha256(), 0, bytearray()
    for chunk in _chunks(data, limit=limit, what=what):
        running.update(chunk)
        size += len(chunk)
        end += chunk
        if len(end) > 2 * tail:
            del end[: len(end) - tail]
    frame = data
    if not data.startswith(_MAGIC):
        frame = zstandard.ZstdCompressor(level=_LEVEL).compress(data)
    return PackedText(
        frame, Digest.from_raw(running.digest()), size, bytes(end[-tail:] if tail else b"")
    )


def _chunks(data: bytes, *, limit: int, what: str) -> Iterator[bytes]:
    if not data.startswith(_MAGIC):
        if len(data) > limit:
            raise InvalidInput(f"{what}: {len(data):,} bytes", advice=f"limit: {limit:,}")
        yield data
        return
    size = 0
    try:
        for chunk in unpack_frames(io.BytesIO(data)):
            size += len(chunk)
            if size > limit:
                raise InvalidInput(f"{what}: more than {limit:,} bytes unpacked")
            yield chunk
    except zstandard.ZstdError as error:
        raise InvalidInput(f"{what}: not a zstd frame ({error})") from error
    except EOFError as error:
        raise InvalidInput(f"{what}: {error}") from error


def unpack_frames(packed: IO[bytes] | BlobReader) -> Iterator[bytes]:
    """What all frames of a stream unpack to, in bounded pieces: nothing hides behind the first.

    Raises:
        ZstdError: Not zstd, or some thousand frames.
        EOFError: The last frame is cut off.
    """
    unpacker, frames = None, 0
    while piece := packed.read(_CHUNK):
        while piece:
            if unpacker is None:
                frames += 1
                if frames > _MAX_FRAMES:
                    raise zstandard.ZstdError(f"more than {_MAX_FRAMES:,} frames")
                # Streamed frames say no size, so the plain `decompress` cannot read them.
                unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
            yield unpacker.decompress(piece)
            if not unpacker.eof:
                break
            piece, unpacker = unpacker.unused_data, None
    if unpacker is not None:
        raise EOFError("the zstd frame is cut off")
