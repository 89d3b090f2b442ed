# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy on loopback in front of a real S3 server that does what broken services do.

Requests go through unchanged (the signature covers the Host header, which the server takes as it
comes); `fault` may answer instead, or change the answer.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.object_stores import ObjectServer


@dataclass
class Answer:
    """What goes back.

    Attributes:
        cut: Bytes of the body after which the connection is closed.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]


Ahead = Callable[[], Answer]
#: Gets a request and how to pass it on.
Fault = Callable[[Asked, Ahead], Answer]


@contextmanager
def faulty(server: ObjectServer, fault: Fault) -> Iterator[tuple[ObjectServer, list[Asked]]]:
    """The server behind the proxy, and every request that came."""
    seen: list[Asked] = []
    behind = urlsplit(server.endpoint).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked = Asked(self.command, self.path, dict(self.headers.items()))
            seen.append(asked)

            def ahead() -> Answer:
                connection = http.client.HTTPConnection(behind, timeout=60)
                try:
                    connection.request(asked.method, asked.path, body, asked.headers)
                    got = connection.getresponse()
                    return Answer(got.status, dict(got.headers.items()), got.read())
                finally:
                    connection.close()

            answer = fault(asked, ahead)
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            length = answer.headers.get("Content-Length", "") if asked.method == "HEAD" else ""
            self.send_header("Content-Length", length or str(len(answer.body)))
            self.end_headers()
            if asked.method != "HEAD":
                self.wfile.write(answer.body[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = handle_any  # noqa: N815

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.daemon_threads = True
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield replace(server, endpoint=f"http://127.0.0.1:{proxy.server_port}"), seen
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
