# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer a plain request: what gunicorn does, without what such a request cannot need.

An answer that is a head alone (to nginx, which sends the file; to HEAD; 304) is written here, and
checked by one expression. Whatever has a body is gunicorn's to write.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from gunicorn import SERVER, util
from gunicorn.http.wsgi import FileWrapper, Response

from ops.plain_request import PlainRequest

Headers = list[tuple[str, str]]

#: A status that may come without Content-Length, and lines that nobody can smuggle one into.
_UNCHANGED: Final = "304 "
_LINES: Final = re.compile(
    r"[0-9]{3} [A-Z a-z]+\r\n(?:(?!(?i:connection|keep-alive|te|trailers|transfer-encoding|upgrade"
    r"|proxy-[a-z]+|server|date):)[A-Za-z0-9-]+: [ \t\x21-\x7e\x80-\xff]*\r\n)*"
)


class _Said:
    """What the application said: `start_response`."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: Headers = []

    def __call__(self, status: str, headers: Headers, _exc_info: Any = None) -> None:
        # Nothing to write with, which WSGI keeps for old applications: ours returns its body.
        self.status, self.headers = status, headers


def answer_plainly(
    worker: Any, request: PlainRequest, connection: Any, base: dict[str, Any]
) -> bool:
    """Answer one request.

    Args:
        worker: A thread worker of gunicorn's.
        request: The request.
        connection: Where it came from.
        base: The part of the environment that is the same for all.

    Returns:
        Whether the connection stays open.
    """
    if not worker.alive or len(worker.keepalived_conns) >= worker.max_keepalived:
        request.must_close = True
    said = _Said()
    environ = request.environ(base, connection.client, connection.server)
    body = worker.wsgi(environ, said)
    if body == () and (head := _head(said, close=request.must_close)):
        connection.sock.sendall(head)
        return not request.must_close
    return _with_body(worker, request, connection, said, body)


def _head(said: _Said, *, close: bool) -> bytes | None:
    lines = "".join([f"{name}: {value}\r\n" for name, value in said.headers])
    told = f"{said.status}\r\n{lines}"
    if "\r\nContent-Length: " not in told and not told.startswith(_UNCHANGED):
        return None
    # As many lines as there are names: a value may be made to look like another header.
    if told.count("\n") != len(said.headers) + 1 or not _LINES.fullmatch(told):
        return None
    kept = "close" if close else "keep-alive"
    first = f"HTTP/1.1 {said.status}\r\nServer: {SERVER}\r\nDate: {_date(int(time.time()))}\r\n"
    return f"{first}Connection: {kept}\r\n{lines}\r\n".encode("latin-1")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return util.http_date(second)


def _with_body(
    worker: Any, request: PlainRequest, connection: Any, said: _Said, body: Iterable[bytes]
) -> bool:
    response = Response(request, connection.sock, worker.cfg)
    whole = False
    try:
        response.start_response(said.status, said.headers)
        if isinstance(body, FileWrapper):
            response.write_file(body)
        else:
            for piece in body:
                response.write(piece)
        response.close()
        whole = True
    finally:
        if response.headers_sent and not whole:
            # Words about what went wrong would be read as a part of the answer.
            util.close_graceful(connection.sock)
        close = getattr(body, "close", None)
        if close is not None:
            close()
    return not response.should_close()
