# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a blob, or a range of it, without holding it in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType
    from typing import BinaryIO

CHUNK = 256 * 1024


class BlobReader:
    """An open blob: an iterator of chunks and a readable stream at once.

    Close it, or use it in `with`.

    Args:
        stream: Positioned at the first byte wanted.
        length: How many bytes to give at most.
    """

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int = -1) -> bytes:
        """The next bytes, up to `size`; empty at the end. Without a size: all that is left."""
        wanted = self._left if size < 0 else min(size, self._left)
        if wanted == 0:
            return b""
        data = self._stream.read(wanted)
        self._left -= len(data)
        return data

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        chunk = self.read(CHUNK)
        if not chunk:
            self.close()
            raise StopIteration
        return chunk

    def close(self) -> None:
        """Give the file back; a second call does nothing."""
        self._stream.close()
        self._left = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
