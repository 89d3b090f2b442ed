# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies that must not be read, or never end."""

from __future__ import annotations

import io
from typing import Any


class Unread(io.RawIOBase):
    """The body of a request that is to be refused by its head alone."""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")

    def readinto(self, buffer: object) -> int:
        raise AssertionError("the body was read")


class Endless(io.RawIOBase):
    """A body that repeats a piece for ever; counts what was taken."""

    def __init__(self, piece: bytes) -> None:
        self._piece = piece
        self._left = b""
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while len(self._left) < len(buffer):
            self._left += self._piece
        buffer[:], self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        self.taken += len(buffer)
        return len(buffer)


def unread(length: int) -> dict[str, Any]:
    """What makes a test client's request one of that length whose body must not be read."""
    return {"wsgi.input": Unread(), "CONTENT_LENGTH": str(length)}


def endless(body: Endless) -> dict[str, Any]:
    """What makes a test client's request a chunked one, as gunicorn presents it."""
    return {
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
