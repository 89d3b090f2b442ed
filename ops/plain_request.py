# SPDX-License-Identifier: GPL-3.0-or-later
"""The heads that nearly all requests have, read by one expression instead of by gunicorn's parser.

gunicorn calls sixty functions for a request line and a `Host`: a quarter of what a file's request
takes. Only what can mean one thing is read here: GET or HEAD of a plain address, headers that
neither frame nor upgrade anything nor say who asks, each once, and nothing after them. Everything
else is left to gunicorn as if nobody had looked; of what is read here it would say the same, which
a test holds for every environment.
"""

from __future__ import annotations

import re
from typing import Any, Final, Self
from urllib.parse import unquote_to_bytes

from gunicorn.http.body import Body, LengthReader
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser

#: Bytes; gunicorn's own limits are larger.
_LONGEST: Final = 2048
_NAMES: Final = (
    "Host|User-Agent|Accept|Accept-Encoding|Accept-Language|Cache-Control|Referer|Range|If-Range"
    "|If-None-Match|If-Modified-Since|X-Forwarded-For|X-Real-IP"
)
_HEAD: Final = re.compile(
    r"(GET|HEAD) ((/(?!/)[A-Za-z0-9/._~+:%@=,!$&*;-]*)(?:\?([A-Za-z0-9/._~+:%@=,!$&*;?-]*))?)"
    rf" HTTP/1\.1\r\n((?:(?:{_NAMES}):[ -~]*\r\n)+)\r\n"
)


class PlainRequest(Request):
    """gunicorn's request, known without its parser.

    Args:
        match: What `_HEAD` found.
        headers: Names in capitals, and values.
        parser: Of the connection.
    """

    version = (1, 1)
    scheme = "http"
    must_close = False
    fragment = ""
    proxy_protocol_info = None
    _expected_100_continue = False

    def __init__(
        self, match: re.Match[str], headers: list[tuple[str, str]], parser: RequestParser
    ) -> None:
        self.method, self.uri, self.path = match[1], match[2], match[3]
        self.query = match[4] or ""
        self.headers, self.trailers = headers, []
        self.cfg = parser.cfg
        self.peer_addr = self.remote_addr = parser.source_addr
        self.unreader = parser.unreader
        self.body = Body(LengthReader(parser.unreader, 0))

    def should_close(self) -> bool:
        """Whether the connection ends with this request."""
        return self.must_close

    def environ(self, base: dict[str, Any], client: Any, server: Any) -> dict[str, Any]:
        """What WSGI says of it.

        Args:
            base: What is the same for all.
            client: Its address and port.
            server: Ours.
        """
        path = self.path or ""
        environ = {
            **base,
            "wsgi.input": self.body,
            "wsgi.url_scheme": "http",
            "REQUEST_METHOD": self.method,
            "QUERY_STRING": self.query,
            "RAW_URI": self.uri,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": client[0],
            "REMOTE_PORT": str(client[1]),
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1") if "%" in path else path,
            "SCRIPT_NAME": "",
        }
        for name, value in self.headers:
            environ[f"HTTP_{name.replace('-', '_')}"] = value
        return environ

    @classmethod
    def of(cls, data: bytes, parser: RequestParser) -> Self | None:
        """The request that some bytes are; None: gunicorn shall say."""
        match = _HEAD.fullmatch(data.decode("latin-1")) if len(data) <= _LONGEST else None
        if match is None:
            return None
        headers = []
        for line in match[5].split("\r\n")[:-1]:
            name, _, value = line.partition(":")
            headers.append((name.upper(), value.strip(" ")))
        return None if len(dict(headers)) < len(headers) else cls(match, headers, parser)


class PlainParser(RequestParser):
    """gunicorn's parser of a connection, asked only for what is not plain."""

    def __next__(self) -> Request:
        """The next request."""
        if self.mesg is not None:
            # As gunicorn does: where the next one begins is known after a whole body only.
            whole: Any = self.finish_body  # the stubs say that it answers nothing
            if self.mesg.should_close() or not whole():
                raise StopIteration
            self.mesg = None
        if not self.unreader.buf.getvalue():
            data = self.unreader.chunk()
            self.mesg = PlainRequest.of(data, self)
            if self.mesg is not None:
                return self.mesg
            self.unreader.unread(data)
        return super().__next__()

    def forget(self) -> None:
        """The request was answered, and nothing of it can be left: it had no body."""
        self.mesg = None
