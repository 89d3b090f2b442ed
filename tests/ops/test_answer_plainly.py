# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer to a plain request is the one that gunicorn would write."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import Response, base_environ

from ops.answer_plainly import answer_plainly
from ops.plain_request import PlainRequest

CFG = Config()
CLIENT = ("127.0.0.1", 4711)
Headers = list[tuple[str, str]]
FILE = [("ETag", '"e"'), ("X-Accel-Redirect", "/blobs/e"), ("Content-Length", "0")]


@dataclass
class Worker:
    """What of gunicorn's worker is looked at."""

    wsgi: Callable[..., Iterable[bytes]]
    alive: bool = True
    max_keepalived: int = 1
    keepalived_conns: list[Any] = field(default_factory=list)
    cfg: Config = CFG


def request(method: str = "GET") -> PlainRequest:
    head = f"{method} /x HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    made = PlainRequest.of(head, RequestParser(CFG, iter([]), CLIENT))
    assert made is not None
    return made


def says(status: str, headers: Headers, body: Iterable[bytes] = ()) -> Callable[..., Any]:
    def application(_: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start(status, headers)
        return body

    return application


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def answer(
    pair: tuple[socket.socket, socket.socket], worker: Worker, method: str = "GET"
) -> tuple[bool, bytes]:
    """Whether the connection stays open, and what was sent, without the time."""
    connection = SimpleNamespace(sock=pair[0], client=CLIENT, server=("127.0.0.1", 8484))
    kept = answer_plainly(worker, request(method), connection, dict(base_environ(CFG)))
    return kept, without_date(pair[1].recv(1 << 16))


def by_gunicorn(
    pair: tuple[socket.socket, socket.socket], status: str, headers: Headers, method: str
) -> bytes:
    response = Response(request(method), pair[0], CFG)
    response.start_response(status, headers)
    response.close()
    return without_date(pair[1].recv(1 << 16))


def without_date(answer: bytes) -> bytes:
    assert re.search(rb"\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n", answer)
    return re.sub(rb"Date: [^\r]+", b"", answer)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("200 OK", FILE),
        ("200 OK", [("content-length", "0")]),
        ("304 NOT MODIFIED", [("ETag", '"e"')]),
        ("404 NOT FOUND", [("Content-Length", "0"), ("Content-Type", "text/plain; charset=utf-8")]),
        ("302 FOUND", [("Location", "http://x/\xe4"), ("Content-Length", "0")]),
        ("200 OK", [*FILE, ("Connection", "close"), ("Transfer-Encoding", "chunked")]),
        ("200 OK", []),
        ("204 NO CONTENT", []),
    ],
)
def test_a_head_alone_is_what_gunicorn_would_say(
    pair: tuple[socket.socket, socket.socket], status: str, headers: Headers, method: str
) -> None:
    kept, sent = answer(pair, Worker(says(status, headers)), method)
    assert sent == by_gunicorn(pair, status, headers, method)
    assert kept


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nX: y", "a\0"])
def test_no_line_is_smuggled_into_a_head(
    pair: tuple[socket.socket, socket.socket], value: str
) -> None:
    with pytest.raises(Exception, match="X-Name"):
        answer(pair, Worker(says("200 OK", [*FILE, ("X-Name", value)])))
    pair[0].close()
    assert pair[1].recv(100) == b"", "nothing was sent"


@pytest.mark.parametrize("reason", [{"alive": False}, {"max_keepalived": 0}])
def test_a_connection_that_is_not_kept_is_told_so(
    pair: tuple[socket.socket, socket.socket], reason: dict[str, Any]
) -> None:
    for body in ((), [b""]):
        kept, sent = answer(pair, Worker(says("200 OK", FILE, body), **reason))
        assert not kept
        assert b"\r\nConnection: close\r\n" in sent


class Body:
    """Pieces, one of which may not come."""

    closed = False

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def close(self) -> None:
        self.closed = True


def test_a_body_is_written_and_closed(pair: tuple[socket.socket, socket.socket]) -> None:
    body = Body(b"hel", b"lo")
    kept, sent = answer(pair, Worker(says("200 OK", [("Content-Length", "5")], body)))
    assert sent.endswith(b"\r\n\r\nhello")
    assert (kept, body.closed) == (True, True)
    assert answer(pair, Worker(says("200 OK", [], Body(b"hello"))))[1].endswith(
        b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )


def test_a_body_that_breaks_off_ends_the_connection_without_words(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    body = Body(b"hel", RuntimeError("the disk"))
    pair[1].shutdown(socket.SHUT_WR)
    with pytest.raises(RuntimeError, match="the disk"):
        answer(pair, Worker(says("200 OK", [("Content-Length", "5")], body)))
    assert body.closed
    assert without_date(pair[1].recv(1 << 16)).endswith(b"\r\n\r\nhel")
    assert pair[1].recv(100) == b""
