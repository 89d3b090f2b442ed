# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ops.client import PostedRebuild, ServerClient
from snapshot.digest import Digest
from snapshot.errors import (
    Busy,
    DejabuildError,
    Denied,
    InvalidInput,
    NotFound,
    PermanentError,
    StorageFull,
    TransientError,
)


class Answering(ThreadingHTTPServer):
    """A server that answers everything with what the test says, and keeps what it was asked."""

    status = 200
    body = b"{}"
    kind = "text/plain"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Answering

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Type", self.server.kind)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_GET  # noqa: N815  # the name http.server calls

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Answering]:
    with Answering() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_record_is_posted_as_it_is_with_the_cookie(server: Answering) -> None:
    server.status = 202
    one = {"target": 3, "job": 4, "source": "s", "version": "1", "architecture": "all", "url": "u"}
    server.body = json.dumps({**one, "targets": [one]}).encode()
    (posted,) = ServerClient(server.url + "/", cookie="secret").post_record(b"\x00raw", name="x")
    assert posted == PostedRebuild(3, 4, "s 1 all", "u")
    ((method, path, headers, body),) = server.asked
    assert (method, path, body) == ("POST", "/api/dejabuild/v1/rebuilds", b"\x00raw")
    assert headers["X-Auth-Cookie"] == "secret"


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (400, b"line 3 is no field\n  Is it one?\n", InvalidInput, "x: line 3 is no field"),
        (403, b"", Denied, "x: not allowed"),
        (404, b"no such target", NotFound, "x: no such target"),
        (409, b"", Busy, "x: Conflict"),
        (410, b"", PermanentError, "x: Gone"),
        (429, b"later", TransientError, "x: later"),
        (500, b"", TransientError, "x: Internal Server Error"),
        (507, b"no room", StorageFull, "x: no room"),
        (200, b"<html>", PermanentError, "the answer is not JSON"),
        (200, b"[]", PermanentError, "the answer is not an object"),
    ],
)
def test_a_refusal_becomes_the_error_it_is(
    server: Answering, status: int, body: bytes, kind: type[DejabuildError], message: str
) -> None:
    server.status, server.body = status, body
    with pytest.raises(DejabuildError, match=message) as refused:
        ServerClient(server.url).post_record(b"", name="x")
    assert type(refused.value) is kind


def test_no_server_is_one_clear_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = ServerClient(f"http://127.0.0.1:{port}")
    assert not client.is_answering()
    with pytest.raises(TransientError, match=r"no answer: .*Connection refused") as refused:
        client.target(1)
    assert "dejabuild up" in refused.value.advice


def test_campaigns_are_asked_for_by_name(server: Answering) -> None:
    client = ServerClient(server.url)
    server.body = b'{"campaigns": [{"name": "a"}]}'
    assert client.campaigns() == [{"name": "a"}]
    server.body = b'{"name": "a"}'
    assert client.campaign("a") == {"name": "a"}
    assert client.create_campaign({"name": "a"}) == {"name": "a"}
    assert [(method, path) for method, path, _, _ in server.asked] == [
        ("GET", "/api/dejabuild/v1/campaigns"),
        ("GET", "/api/dejabuild/v1/campaigns/a"),
        ("POST", "/api/dejabuild/v1/campaigns"),
    ]


def test_a_refusal_in_json_is_told_in_its_words(server: Answering) -> None:
    server.status, server.kind = 404, "application/json"
    server.body = b'{"error": "no environment x here", "try": "POST its text"}'
    with pytest.raises(NotFound) as refused:
        ServerClient(server.url).environment("x")
    assert "no environment x here" in refused.value.message
    assert refused.value.advice == "POST its text"


def test_a_record_of_which_packages_are_missing_names_them(server: Answering) -> None:
    client = ServerClient(server.url)
    server.body = b'{"environment": "abc", "missing": []}'
    assert client.environment_of(b"record", name="x.buildinfo") == "abc"
    server.status = 404
    missing = [{"name": f"p{number}", "version": "1"} for number in range(7)]
    server.body = json.dumps({"environment": None, "missing": missing}).encode()
    with pytest.raises(NotFound, match=r"7 packages are not here: p0 1, .*p4 1, …"):
        client.environment_of(b"record", name="x.buildinfo")
    server.body, server.kind = b'{"error": "no such route", "try": ""}', "application/json"
    with pytest.raises(NotFound, match="no such route"):
        client.environment_of(b"record", name="x.buildinfo")


def test_files_are_hashed_as_they_arrive_and_documents_are_bounded(server: Answering) -> None:
    client, out = ServerClient(server.url), io.BytesIO()
    server.body = b"x" * 600_000
    assert client.download("/file/1", out) == Digest.of(server.body)
    assert out.getvalue() == server.body == client.read("/file/1", most=600_000)
    with pytest.raises(InvalidInput, match="more than 500000 bytes"):
        client.read("/file/1", most=500_000)
    server.status, server.body = 410, b"gone"
    with pytest.raises(PermanentError, match="gone"):
        client.download("/file/1", out)
