# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow clients over real sockets: others are answered meanwhile, the slow are let go."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from urllib.parse import urlsplit

import pytest

SERVER = """
import sys
import time
from pathlib import Path
from ops.patient_worker import Patience
from ops.serve_http import Listen, serve_http

BIG = Path(sys.argv[1]) / "big"
with BIG.open("wb") as file:
    file.truncate(64 << 20)

def make():
    def app(environ, start):
        if environ["PATH_INFO"] == "/file":
            start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(64 << 20))])
            return environ["wsgi.file_wrapper"](BIG.open("rb"), 1 << 18)
        if environ["PATH_INFO"] == "/work":
            time.sleep(0.002)
        body = environ["wsgi.input"].read()
        text = b"x" * (64 << 20) if environ["PATH_INFO"] == "/text" else b"%d" % len(body)
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
        return [text]
    return app

serve_http(make, listen=Listen("127.0.0.1", 0), run=Path(sys.argv[1]),
           processes=1, threads=2, connections=int(sys.argv[2]),
           patience=Patience(head=float(sys.argv[3]), idle=float(sys.argv[3]), rate=1e6),
           announce=lambda url: print(url, flush=True))
"""
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
SLOW = {
    "nothing": b"",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 1000\r\n\r\nsome",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\nsome",
    "reads no file": b"GET /file HTTP/1.1\r\nHost: x\r\n\r\n",
    "reads no text": b"GET /text HTTP/1.1\r\nHost: x\r\n\r\n",
}
"""What each kind of slow client sends before it stops."""


def serve(tmp: str, connections: int, patience: float) -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-P", "-c", SERVER, tmp, str(connections), str(patience)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        place = urlsplit(server.stdout.readline().strip())
        assert place.hostname
        assert place.port
        yield place.hostname, place.port
        server.terminate()
        # Threads that wait for their clients end with it.
        assert server.wait(30) == 0


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A server that has patience for a minute and room for many."""
    yield from serve(str(tmp_path_factory.mktemp("roomy")), 100, 60.0)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A server that has patience for a minute and threads for eight."""
    yield from serve(str(tmp_path_factory.mktemp("narrow")), 8, 60.0)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A server that waits for a moment only, with room for two."""
    yield from serve(str(tmp_path_factory.mktemp("hasty")), 2, 0.5)


def ask(place: tuple[str, int], body: bytes = b"") -> bytes:
    connection = http.client.HTTPConnection(*place, timeout=60)
    connection.request("POST", "/", body)
    answer = connection.getresponse()
    assert answer.status == 200
    data = answer.read()
    connection.close()
    return data


def dawdle(place: tuple[str, int], sent: bytes) -> socket.socket:
    """A client that sends this and then neither sends nor reads."""
    client = socket.create_connection(place, timeout=60)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.sendall(sent)
    return client


def test_slow_clients_of_every_kind_keep_nobody_waiting(roomy: tuple[str, int]) -> None:
    """Ten of each kind, where two requests are worked on at a time."""
    with ExitStack() as stack:
        for sent in SLOW.values():
            for _ in range(10):
                stack.enter_context(dawdle(roomy, sent))
        for size in range(20):
            assert ask(roomy, b"y" * size) == b"%d" % size


@pytest.mark.parametrize("kind", SLOW)
def test_who_is_too_slow_is_let_go(hasty: tuple[str, int], kind: str) -> None:
    """As many slow ones as there is room for, then one that is answered when they are gone."""
    with ExitStack() as stack:
        slow = [stack.enter_context(dawdle(hasty, SLOW[kind])) for _ in range(2)]
        assert ask(hasty) == b"0"
        if kind.startswith("reads"):
            # What the kernel holds for it would take minutes to read through so small a window.
            return
        said = b"".join(iter(lambda: slow[0].recv(1 << 20), b""))
    if kind == "half a head":
        assert said.startswith(b"HTTP/1.1 408 ")
        assert said.endswith(b"the request did not arrive in time\n")
    elif kind.startswith("half a"):
        assert said.startswith(b"HTTP/1.1 408 ")
        assert said.endswith(b"the body did not arrive in time\n")
    else:
        assert said == b""


def test_a_body_of_any_length_arrives_whole(roomy: tuple[str, int]) -> None:
    for size in (1, 1 << 20, (16 << 20) + 1):
        assert ask(roomy, bytes(size)) == b"%d" % size
        connection = http.client.HTTPConnection(*roomy, timeout=60)
        pieces = (bytes(min(1 << 20, size - at)) for at in range(0, size, 1 << 20))
        connection.request(
            "POST", "/", pieces, encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
        )
        assert connection.getresponse().read() == b"%d" % size
        connection.close()


def test_several_requests_on_one_connection(roomy: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*roomy, timeout=60)
    for size in (0, 5, 0):
        connection.request("POST", "/", b"z" * size)
        assert connection.getresponse().read() == b"%d" % size
    connection.close()
    # Pipelined, in one packet.
    with socket.create_connection(roomy, timeout=60) as client:
        one = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        client.sendall(one + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        said = b"".join(iter(lambda: client.recv(1 << 20), b""))
    assert said.count(b"HTTP/1.1 200 ") == 2


def test_more_clients_than_threads_that_wait_for_them_take_turns(roomy: tuple[str, int]) -> None:
    """A quarter of the threads waits a moment for the next request of who was answered."""
    with ExitStack() as stack:
        kept = [
            stack.enter_context(closing(http.client.HTTPConnection(*roomy, timeout=60)))
            for _ in range(60)
        ]
        for size in range(4):
            for client in kept:
                client.request("POST", "/", b"z" * size)
            for client in kept:
                assert client.getresponse().read() == b"%d" % size
        assert all(client.sock is not None for client in kept), "each over its first connection"


def test_clients_that_never_pause_leave_room_for_others(narrow: tuple[str, int]) -> None:
    """Counted in answers, not timed: how many others got while a newcomer waited for its own."""
    answered = [0] * 24
    ended = threading.Event()

    def ask_on(number: int) -> None:
        with closing(http.client.HTTPConnection(*narrow, timeout=60)) as connection:
            while not ended.is_set():
                connection.request("GET", "/work")
                connection.getresponse().read()
                answered[number] += 1

    with ThreadPoolExecutor(len(answered)) as pool:
        busy = [pool.submit(ask_on, number) for number in range(len(answered))]
        try:
            while min(answered) == 0:
                time.sleep(0.01)
            waited = []
            for _ in range(9):
                before = sum(answered)
                assert ask(narrow) == b"0"
                waited.append(sum(answered) - before)
        finally:
            ended.set()
        for one in busy:
            one.result()
    assert sorted(waited)[4] < 5 * len(answered)


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/?" + "x" * 100_000, {}), ("/" + "y/" * 50_000, {}), ("/", {"X-Long": "z" * 100_000})],
)
def test_a_huge_head_is_refused_with_a_reason(
    roomy: tuple[str, int], path: str, headers: dict[str, str]
) -> None:
    with socket.create_connection(roomy, timeout=60) as client:
        lines = [f"GET {path} HTTP/1.1", "Host: x", *(f"{k}: {v}" for k, v in headers.items())]
        with suppress(OSError):  # it is not read to its end
            client.sendall("\r\n".join([*lines, "", ""]).encode())
        said = client.recv(1 << 16)
    assert said.startswith(b"HTTP/1.1 4")
    assert ask(roomy) == b"0"
