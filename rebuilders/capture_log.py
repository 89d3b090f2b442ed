# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a log of bounded size: its head and its tail, whatever is written in between.

A limit truncates; it ends nothing. The tail matters most, since it says why a build failed.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

#: Half of it is kept from the beginning, half from the end.
DEFAULT_LIMIT = 10 * 1024 * 1024


class BoundedLog:
    """A log file that never grows beyond a limit.

    Args:
        path: Where it is written; complete after `close`.
        limit: Bytes kept in all, not counting the line that tells of the gap.
    """

    def __init__(self, path: Path, limit: int = DEFAULT_LIMIT) -> None:
        self.path = path
        self._stream: BinaryIO = path.open("wb")
        self._head_left = limit // 2
        self._tail_limit = max(limit - limit // 2, 1)
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._dropped = 0

    def write(self, data: bytes) -> None:
        """Add what a program printed."""
        if self._head_left:
            head, data = data[: self._head_left], data[self._head_left :]
            self._put(head)
            self._head_left -= len(head)
        if not data:
            return
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail_size - len(self._tail[0]) >= self._tail_limit:
            oldest = self._tail.popleft()
            self._tail_size -= len(oldest)
            self._dropped += len(oldest)

    def note(self, line: str) -> None:
        """Add a line of our own."""
        self.write(f"dejabuild: {line}\n".encode())

    def recent(self, size: int = 256 * 1024) -> bytes:
        """The last bytes written, while the log is still open."""
        tail = b"".join(self._tail)[-size:]
        if self._dropped or len(tail) >= size:
            return tail
        with suppress(OSError):
            self._stream.flush()
        with self.path.open("rb") as stream:
            stream.seek(max(stream.seek(0, 2) - (size - len(tail)), 0))
            return stream.read() + tail

    def close(self) -> None:
        """Write the tail and end the file."""
        if self._stream.closed:
            return
        tail = b"".join(self._tail)
        cut = max(len(tail) - self._tail_limit, 0)
        dropped = self._dropped + cut
        if dropped:
            gap = f"\n[... {dropped} bytes left out: the log is longer than its limit ...]\n"
            self._put(gap.encode())
        self._put(tail[cut:])
        with suppress(OSError):
            self._stream.close()

    def _put(self, data: bytes) -> None:
        # A full disk ends many things; telling about it must not be one of them.
        with suppress(OSError):
            self._stream.write(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
