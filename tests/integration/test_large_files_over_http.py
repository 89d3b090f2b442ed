# SPDX-License-Identifier: GPL-3.0-or-later
"""Large files and large bodies over a real server: resumed, bounded in memory, both directions."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from snapshot.digest import Digest
from storage.blobs import LocalBlobs

TOP = Path(__file__).resolve().parents[2]
SIZE = 192 << 20
BLOCK = bytes(range(256)) * 4096


@dataclass(frozen=True)
class Server:
    """A running server and the blob it holds."""

    url: str
    pid: int
    digest: Digest

    def peak_memory(self) -> int:
        """Bytes of the largest of its processes so far."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return max(
            int(line.split()[1]) << 10
            for pid in (str(self.pid), *children)
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if line.startswith("VmHWM")
        )

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("archive")
    blob = LocalBlobs(home / "blobs").add(BLOCK for _ in range(SIZE // len(BLOCK)))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.archive_process", home],
        cwd=TOP,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        yield Server(url, process.pid, blob.digest)
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def test_a_large_file_is_interrupted_resumed_and_never_held_in_memory(server: Server) -> None:
    before = server.peak_memory()
    sha256 = hashlib.sha256()
    got = 0
    headers: dict[str, str] = {}
    # The client hangs up in the middle, three times, and goes on where it stopped.
    for stop in (50 << 20, 120 << 20, SIZE):
        connection = server.connect()
        connection.request("GET", f"/file/{server.digest}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == (206 if headers else 200)
        assert int(answer.headers["Content-Length"]) == SIZE - got
        while got < stop:
            chunk = answer.read(min(1 << 20, stop - got))
            assert chunk
            sha256.update(chunk)
            got += len(chunk)
        headers = {"Range": f"bytes={got}-", "If-Range": answer.headers["Last-Modified"]}
        connection.close()
    assert sha256.hexdigest() == server.digest.hex
    assert server.peak_memory() - before < 48 << 20


def test_one_connection_answers_many_requests_in_a_row(server: Server) -> None:
    connection = server.connect()
    for method, headers, status, length in (
        ("HEAD", {}, 200, SIZE),
        ("GET", {"Range": "bytes=0-9"}, 206, 10),
        ("HEAD", {"Range": "bytes=0-9"}, 206, 10),
        ("GET", {"Range": f"bytes={SIZE}-"}, 416, None),
        ("GET", {"If-None-Match": f'"{server.digest}"'}, 304, None),
        ("GET", {"Range": "bytes=-10"}, 206, 10),
    ):
        connection.request(method, f"/file/{server.digest}", headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        assert (method, answer.status) == (method, status)
        if length is not None:
            assert int(answer.headers["Content-Length"]) == length
        if method == "GET" and status == 206:
            assert len(data) == 10
    connection.close()


def test_a_proxys_absolute_form_of_address_is_understood(server: Server) -> None:
    connection = server.connect()
    connection.request("HEAD", f"http://snapshot.example/file/{server.digest}")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("chunked", [True, False])
def test_an_endless_body_is_refused_while_it_arrives(server: Server, chunked: bool) -> None:
    before = server.peak_memory()

    def endless() -> Iterator[bytes]:
        for _ in range(400):
            yield BLOCK

    connection = server.connect()
    headers = {} if chunked else {"Content-Length": str(400 * len(BLOCK))}
    # The server stops listening in the middle, which is the point; a client that goes on
    # sending may not see the answer for the reset that follows it.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.request(
            "POST", "/mr/buildinfo", body=endless(), headers=headers, encode_chunked=chunked
        )
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, http.client.HTTPException):
        assert connection.getresponse().status == 413
    connection.close()
    assert server.peak_memory() - before < 128 << 20


def test_an_oversized_body_is_refused_by_its_head_alone(server: Server) -> None:
    connection = server.connect()
    try:
        connection.putrequest("POST", "/mr/buildinfo")
        connection.putheader("Content-Length", str(1 << 40))
        connection.endheaders()
        # Not a byte of the body is sent: a server that wants to read it would wait.
        answer = connection.getresponse()
        assert answer.status == 413
        assert b"exceeded limit" in answer.read()
    finally:
        connection.close()
