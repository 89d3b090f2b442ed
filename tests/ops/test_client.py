# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ops.client import PostedRebuild, ServerClient, wait_for_verdict
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


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


QUEUED: dict[str, Any] = {"state": "queued", "jobs": [{"id": 7, "state": "queued"}], "attempts": []}
RETRY = {**QUEUED, "attempts": [{"id": 1, "job": 7, "status": "FAIL"}]}
OLD = {"id": 0, "job": 5, "status": "BAD"}
DONE = {
    "state": "done",
    "jobs": [],
    "attempts": [OLD, {"id": 1, "job": 7, "status": "FAIL"}, {"id": 2, "job": 7, "status": "GOOD"}],
}


def wait(states: list[dict[str, Any]], told: list[str]) -> dict[str, Any] | None:
    clock = Clock()
    answers = iter([*states, *([states[-1]] * 1000)])
    return wait_for_verdict(
        lambda: next(answers), 7, clock=clock, sleep=clock.sleep, timeout=60, tell=told.append
    )


def test_the_last_attempt_of_the_job_is_the_verdict_not_a_try_before_a_retry() -> None:
    told: list[str] = []
    attempt = wait([QUEUED, QUEUED, RETRY, DONE], told)
    assert attempt is not None
    assert attempt["status"] == "GOOD"
    assert told == ["queued"]


def test_waiting_ends_when_time_runs_out() -> None:
    assert wait([{**QUEUED, "attempts": [OLD]}], []) is None
