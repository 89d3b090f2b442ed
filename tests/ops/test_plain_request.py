# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read without gunicorn's parser is what gunicorn's parser would read."""

from __future__ import annotations

import socket
from typing import Any, cast

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import base_environ, create
from hypothesis import given
from hypothesis import strategies as st

from ops.plain_request import PlainParser, PlainRequest

CLIENT, SERVER = ("127.0.0.1", 4711), ("127.0.0.1", 8484)
#: Objects of one request, and what nobody of ours asks for.
OF_ITS_OWN = {"wsgi.input", "wsgi.errors", "gunicorn.socket", "wsgi.early_hints"}
CFG = Config()

TARGETS = st.text("ab/._~+:%@=,!$&*;-2F", max_size=20)
QUERIES = st.just("") | st.text("ab/?=&%+", max_size=10).map("?{}".format)
NAMES = ["User-Agent", "Accept", "Range", "If-Range", "If-None-Match", "X-Forwarded-For", "referer"]
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
HEADERS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """A head as nginx and ordinary clients send it."""
    method = draw(st.sampled_from(["GET", "HEAD"]))
    lines = [f"{method} /{draw(TARGETS)}{draw(QUERIES)} HTTP/1.1", "Host: there"]
    lines += [f"{name}:{value}" for name, value in draw(HEADERS).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_plainly(head: bytes) -> dict[str, Any] | None:
    request = PlainRequest.of(head, RequestParser(CFG, iter([]), CLIENT))
    return None if request is None else request.environ(dict(base_environ(CFG)), CLIENT, SERVER)


def read_by_gunicorn(head: bytes) -> dict[str, Any]:
    request = next(RequestParser(CFG, iter([head]), CLIENT))
    _, environ = create(request, cast("socket.socket", None), CLIENT, SERVER, CFG)
    assert request.unreader.read() == b"", "nothing is left"
    return dict(environ)


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert {k: v for k, v in ours.items() if k not in OF_ITS_OWN} == {
        k: v for k, v in theirs.items() if k not in OF_ITS_OWN
    }
    assert ours["wsgi.input"].read() == theirs["wsgi.input"].read() == b""


@given(heads())
def test_an_ordinary_head_means_what_gunicorn_says(head: bytes) -> None:
    ours = read_plainly(head)
    if ours is None:
        assert b"referer" in head or b" //" in head
        return
    same(ours, read_by_gunicorn(head))


@given(heads(), st.data())
def test_a_damaged_head_is_left_to_gunicorn_or_means_the_same(
    head: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(head)))
    put = data.draw(
        st.sampled_from([b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b"/", b"#", b"\xff"])
    )
    gone = data.draw(st.integers(0, 3))
    damaged = head[:at] + put + head[at + gone :]
    ours = read_plainly(damaged)
    if ours is not None:
        same(ours, read_by_gunicorn(damaged))


GET = b"GET /x HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        GET,
        GET + b"\r\nGET /y HTTP/1.1\r\nHost: x\r\n\r\n",
        GET + b"Host: y\r\n\r\n",
        GET + b"host: y\r\n\r\n",
        GET + b"Content-Length: 5\r\n\r\nhello",
        GET + b"Content-Length: 0\r\n\r\n",
        GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        GET + b"Connection: close\r\n\r\n",
        GET + b"Expect: 100-continue\r\n\r\n",
        GET + b"Upgrade: h2c\r\n\r\n",
        GET + b"X-Forwarded-Proto: https\r\n\r\n",
        GET + b"X_Forwarded_For: 127.0.0.1\r\n\r\n",
        GET + b"Accept: a\r\n b\r\n\r\n",
        GET + b"Accept : a\r\n\r\n",
        GET + b"Accept: \xe4\r\n\r\n",
        GET.replace(b"\r", b"") + b"\n",
        GET.replace(b"GET", b"POST") + b"\r\n",
        GET.replace(b"GET", b"get") + b"\r\n",
        GET.replace(b"1.1", b"1.0") + b"\r\n",
        GET.replace(b"/x", b"//x") + b"\r\n",
        GET.replace(b"/x", b"/x#y") + b"\r\n",
        GET.replace(b"/x", b"/x[y") + b"\r\n",
        GET.replace(b"/x", b"http://x/y") + b"\r\n",
        GET.replace(b"/x", b"*") + b"\r\n",
        GET + b"Accept: " + b"a" * 2048 + b"\r\n\r\n",
    ],
)
def test_what_may_mean_something_else_is_left_to_gunicorn(head: bytes) -> None:
    assert read_plainly(head) is None


def test_what_was_looked_at_in_vain_is_parsed_and_nothing_is_lost() -> None:
    first = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    for read in (b"", b"hel", b"hello"):
        parser = PlainParser(CFG, iter([first[:30], first[30:], GET + b"\r\n"]), CLIENT)
        request = next(parser)
        assert not isinstance(request, PlainRequest)
        assert request.body is not None
        assert (request.path, request.body.read(len(read))) == ("/a", read)
        after = next(parser)
        assert isinstance(after, PlainRequest)
        assert after.path == "/x"


def test_what_was_sent_ahead_is_parsed_in_order() -> None:
    both = GET + b"\r\n" + GET.replace(b"/x", b"/y") + b"\r\n"
    parser = PlainParser(CFG, iter([both, GET.replace(b"/x", b"/z") + b"\r\n"]), CLIENT)
    assert [next(parser).path for _ in range(3)] == ["/x", "/y", "/z"]


def test_nothing_follows_a_request_that_ends_its_connection() -> None:
    first = GET + b"Connection: close\r\n\r\n"
    parser = PlainParser(CFG, iter([first, GET + b"\r\n"]), CLIENT)
    assert next(parser).path == "/x"
    with pytest.raises(StopIteration):
        next(parser)


def test_plain_requests_follow_each_other_on_a_connection() -> None:
    parser = PlainParser(CFG, iter([GET + b"\r\n", GET.replace(b"/x", b"/y") + b"\r\n"]), CLIENT)
    for path in ("/x", "/y"):
        request = next(parser)
        assert isinstance(request, PlainRequest)
        assert (request.path, request.should_close()) == (path, False)
        parser.forget()
