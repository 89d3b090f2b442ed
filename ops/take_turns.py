# SPDX-License-Identifier: GPL-3.0-or-later
"""WSGI: many clients, few at work. Waiting for a client's body is not work.

What a client sends is taken in before its turn comes, in memory or, when it is larger, in a file
that has no name; so no slow sender holds a turn. A turn ends when the answer begins to be sent.
"""

from __future__ import annotations

import io
import queue
import tempfile
from collections.abc import Callable, Iterable
from typing import IO, Any, Final

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

#: Bytes of a body that are kept in memory.
_IN_MEMORY: Final = 1 << 20
_LATE: Final = b"the body did not arrive in time\n"
_CHUNK: Final = 256 << 10


class TakeTurns:
    """Middleware around an application.

    Args:
        application: What answers.
        turns: How many requests it works on at the same time.
        ahead: Bytes of a body that are taken in before its turn; one that says that it is longer
            is left where it is, so that it can be refused unread.
    """

    def __init__(self, application: WSGIApplication, *, turns: int, ahead: int) -> None:
        self._application = application
        # Not threading's semaphore, which is written in Python: a file's request takes less.
        self._turns: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(turns):
            self._turns.put(None)
        self._ahead = ahead

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        wanted = self._wanted(environ)
        if not wanted:
            return self._in_turn(environ, start_response)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
            try:
                _take_in(environ, wanted, body)
            except OSError:
                # Too slow, or gone: whoever is still there is told.
                headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(_LATE)))]
                start_response("408 Request Timeout", headers)
                return [_LATE]
            return self._in_turn(environ, start_response)

    def _in_turn(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        self._turns.get()
        try:
            return self._application(environ, start_response)
        finally:
            self._turns.put(None)

    def _wanted(self, environ: dict[str, Any]) -> int:
        """Bytes to take in; 0: there are none, or too many."""
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            return self._ahead
        length = environ.get("CONTENT_LENGTH") or ""
        size = int(length) if length.isdecimal() else 0
        return size if size <= self._ahead else 0


def _take_in(environ: dict[str, Any], wanted: int, body: IO[bytes]) -> None:
    stream = environ["wsgi.input"]
    while wanted and (data := stream.read(min(wanted, _CHUNK))):
        body.write(data)
        wanted -= len(data)
    body.seek(0)
    environ["wsgi.input"] = io.BufferedReader(_Joined(body, stream))


class _Joined(io.RawIOBase):
    """What was taken in, and then what still comes."""

    def __init__(self, first: IO[bytes], rest: Any) -> None:
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._first.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
