# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle as a stream: a tar of known files in one zstd frame, manifest first.

Since the manifest says which files follow, their tar headers are known too. The reader compares
bytes instead of understanding them: no name, size, link or kind of a stranger's making ever
means anything. What it holds in memory is the manifest and one piece of a file.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, cast

import zstandard

from snapshot.bundle import MAX_SIZE, BundleManifest
from snapshot.clearsign import signed_text
from snapshot.digest import Digest
from snapshot.errors import InvalidInput

#: Name of the first file; signed like an InRelease when the server has a key.
MANIFEST = "MANIFEST"

_BLOCK = 512
_PIECE = 1 << 18
_END = bytes(2 * _BLOCK)
_LEVEL = 3
#: What our writer needs at its level; a frame that asks for more memory is refused.
_WINDOW = 1 << 23


def write_bundle(
    stream: BinaryIO,
    manifest: BundleManifest,
    document: bytes,
    read: Callable[[Digest], Iterable[bytes]],
) -> int:
    """Write a bundle; the same arguments give the same bytes.

    Args:
        stream: Where to; left open.
        manifest: What is in it.
        document: Its text, signed or not.
        read: Gives the bytes of a blob by its digest.

    Returns:
        How many bytes were written.
    """
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    counted = _Counted(stream)
    with packer.stream_writer(cast(BinaryIO, counted), closefd=False) as out:
        _write_file(out, MANIFEST, len(document), [document])
        for digest, size in manifest.blobs:
            _write_file(out, f"blobs/{digest}", size, read(digest))
        out.write(_END)
    return counted.count


class _Counted(io.RawIOBase):
    """Counts what goes through; not every stream knows its place."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.count = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._stream.write(data)
        self.count += len(data)
        return len(data)


def _write_file(
    out: zstandard.ZstdCompressionWriter, name: str, size: int, pieces: Iterable[bytes]
) -> None:
    out.write(_header(name, size))
    written = 0
    for piece in pieces:
        out.write(piece)
        written += len(piece)
    if written != size:
        raise InvalidInput(f"{name}: has {written:,} bytes instead of {size:,}")
    out.write(bytes(-size % _BLOCK))


def _header(name: str, size: int) -> bytes:
    """The one tar header that a file of ours can have."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o444
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


class BundleReader:
    """Reads a bundle once, from its beginning to its end.

    Args:
        stream: The packed bytes.
        name: How to call it in messages.

    Raises:
        InvalidInput: Not a bundle, from the first byte that cannot be of one.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._name = name
        unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        # What follows the frame is unpacked too, and refused as what it is: too much.
        self._plain = unpacker.stream_reader(stream, read_across_frames=True, closefd=False)
        self.document = self._manifest()
        text = signed_text(self.document, name=f"{name}: manifest", limit=MAX_SIZE)
        self.manifest = BundleManifest.from_text(text, name)

    def _manifest(self) -> bytes:
        header = self._take(_BLOCK, MANIFEST)
        try:
            size = tarfile.TarInfo.frombuf(header, "ascii", "strict").size
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{self._name}: not a bundle: {error}") from error
        if not 0 < size <= MAX_SIZE or header != _header(MANIFEST, size):
            raise InvalidInput(
                f"{self._name}: not a bundle: it does not begin with a {MANIFEST}",
                advice="make one with `dejabuild bundle export`",
            )
        return b"".join(self._body(size, MANIFEST))

    def blobs(self) -> Iterator[tuple[Digest, Iterator[bytes]]]:
        """Every blob in order; the pieces of one must be used up before the next.

        Yields:
            Its digest and its bytes; nobody has hashed them yet.

        Raises:
            InvalidInput: Another file than the manifest says, too few bytes or too many.
        """
        for digest, size in self.manifest.blobs:
            name = f"blobs/{digest}"
            if self._take(_BLOCK, name) != _header(name, size):
                raise InvalidInput(f"{self._name}: expected {name} and found something else")
            yield digest, self._body(size, name)
        if self._take(len(_END), "end") != _END or self._read(1):
            raise InvalidInput(
                f"{self._name}: more follows than its manifest says",
                advice="nothing of that was used; fetch the bundle again",
            )

    def _body(self, size: int, name: str) -> Iterator[bytes]:
        left = size
        while left:
            piece = self._read(min(left, _PIECE))
            if not piece:
                raise self._truncated(name)
            left -= len(piece)
            yield piece
        if any(self._take(-size % _BLOCK, name)):
            raise InvalidInput(f"{self._name}: {name} is not padded with zeros")

    def _take(self, count: int, what: str) -> bytes:
        """Exactly so many bytes."""
        taken = b""
        while len(taken) < count:
            piece = self._read(count - len(taken))
            if not piece:
                raise self._truncated(what)
            taken += piece
        return taken

    def _read(self, most: int) -> bytes:
        try:
            return self._plain.read(most)
        except zstandard.ZstdError as error:
            raise InvalidInput(
                f"{self._name}: not a bundle, or damaged: {error}", advice="fetch it again"
            ) from error

    def _truncated(self, what: str) -> InvalidInput:
        return InvalidInput(
            f"{self._name}: ends in {what}", advice="it is truncated: fetch it again"
        )
