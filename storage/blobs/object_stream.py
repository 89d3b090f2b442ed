# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading an object as a file: gone on with where the connection broke, never ended early."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import GenericError

from snapshot.errors import TransientError
from storage.blobs.s3_errors import s3_errors

if TYPE_CHECKING:
    from obstore import BytesStream, GetResult
    from obstore.store import S3Store
    from typing_extensions import Buffer

_PIECE = 1 << 20
#: Times in a row that a body may break without bringing a byte.
_FRUITLESS = 3
#: How the client says that a range was answered by the whole object, as HTTP allows.
_NOT_A_PART = "non-partial response"


class ObjectStream(io.RawIOBase):
    """Bytes `start` to `end` of an object.

    An object store may break a body off, or end it early without a word. Either is asked for
    again from where it broke; whoever reads gets all the bytes or an error, never fewer.

    Args:
        store: The client.
        key: Of the object.
        where: The bucket, for messages.
        start: First byte.
        end: Byte after the last one; at most the size.
        size: Of the whole object.
    """

    def __init__(
        self, store: S3Store, key: str, where: str, *, start: int, end: int, size: int
    ) -> None:
        self._store = store
        self._key = key
        self._where = where
        self._at = start
        self._end = end
        self._size = size
        self._fruitless = 0
        self._skip = 0
        self._body: BytesStream | None = None
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill a buffer with the next bytes; 0 at the end.

        Raises:
            TransientError: The service broke it off again and again.
            NotFound: Deleted meanwhile.
        """
        target = memoryview(buffer).cast("B")
        if not self._held and self._at < self._end and target:
            self._held = self._next_piece()
        count = min(len(target), len(self._held))
        target[:count] = self._held[:count]
        self._held = self._held[count:]
        return count

    def _next_piece(self) -> memoryview:
        while True:
            try:
                piece = self._from_body()
            except TransientError:
                self._body = None
                self._fruitless += 1
                if self._fruitless > _FRUITLESS:
                    raise
                continue
            self._fruitless = 0
            self._at += len(piece)
            return piece

    def _from_body(self) -> memoryview:
        with s3_errors(self._where, "reading a blob"):
            if self._body is None:
                self._body = self._open()
            for piece in self._body:
                view = memoryview(piece).cast("B")
                passed = min(self._skip, len(view))
                self._skip -= passed
                if view := view[passed:][: self._end - self._at]:
                    return view
        raise TransientError(
            f"{self._where}: a body ended {self._end - self._at:,} bytes early",
            advice="try again; if it stays so, the service is broken",
        )

    def _open(self) -> BytesStream:
        wanted = (self._at, self._end)
        self._skip = 0
        answer = self._part(wanted) if wanted != (0, self._size) else None
        if answer is None:
            answer = obstore.get(self._store, self._key)
            self._skip, wanted = self._at, (0, self._size)
        if answer.range != wanted:
            raise TransientError(
                f"{self._where}: asked for bytes {wanted[0]:,} to {wanted[1]:,} of a blob, "
                f"got {answer.range[0]:,} to {answer.range[1]:,}",
                advice="if it stays so, the service is broken or somebody writes into the bucket",
            )
        return answer.stream(min_chunk_size=_PIECE)

    def _part(self, wanted: tuple[int, int]) -> GetResult | None:
        """A part of the object; None from a service that answers with all of it."""
        try:
            return obstore.get(self._store, self._key, options={"range": wanted})
        except GenericError as error:
            if _NOT_A_PART in str(error):
                return None
            raise

    def close(self) -> None:
        """Let the connection go."""
        self._body = None
        self._held = memoryview(b"")
        super().close()
