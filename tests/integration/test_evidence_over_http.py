# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's own uploads against the real server: broken off, resumed, confirmed."""

from __future__ import annotations

import http.client
import io
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zstandard

from rebuilders.server_connection import ServerConnection
from snapshot.digest import Digest
from storage.blobs import LocalBlobs
from tests.api.rebuild_server import SIGNUP
from tests.api.rebuilderd.wire import ADMIN, KEY, ONE_PACKAGE, pop_body

TOP = Path(__file__).resolve().parents[2]
# Nothing that packs well: most of it would be sent before the connection breaks.
DATA = random.Random(7).randbytes(10 << 20)
HEAD = {"X-Worker-Key": KEY, "X-Signup-Secret": SIGNUP}


@pytest.fixture
def home(sqlite_templates: Path, tmp_path: Path) -> Path:
    for name in ("catalogue.sqlite", "ledger.sqlite"):
        shutil.copyfile(sqlite_templates / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def url(home: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.rebuild_process", home],
        cwd=TOP,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


def claim(url: str) -> int:
    admin = ServerConnection(url, ADMIN)
    admin.post_json("/api/v1/packages", ONE_PACKAGE)
    worker = ServerConnection(url, HEAD)
    worker.post_json("/api/v1/workers", {"name": "worker"})
    answer = worker.post_json("/api/v1/queue/pop", pop_body())
    job: int = answer["Rebuild"]["job"]["id"]
    return job


def packed(data: bytes) -> bytes:
    """As the worker packs a file."""
    out = io.BytesIO()
    zstandard.ZstdCompressor(level=3).copy_stream(io.BytesIO(data), out)
    return out.getvalue()


def break_off(url: str, path: str, whole: bytes, part: int) -> None:
    """Announce everything, send a part, go away."""
    place = urlsplit(url)
    assert place.hostname is not None
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: {place.netloc}\r\nX-Worker-Key: {KEY}\r\n"
        f"Content-Encoding: zstd\r\nContent-Length: {len(whole)}\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port or 80)) as connection:
        connection.sendall(head.encode() + whole[:part])


def held(url: str, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("HEAD", path, headers=HEAD)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    # 503: the server still reads what was sent before the connection broke.
    if answer.status in (404, 503):
        return 0
    assert answer.status == 308
    return int(answer.headers["Range"].rpartition("-")[2]) + 1


def test_what_arrived_of_a_broken_upload_is_not_sent_again(
    url: str, home: Path, tmp_path: Path
) -> None:
    path = f"/api/dejabuild/v1/jobs/{claim(url)}/evidence/artifact/hello_2.10-5_amd64.deb"
    frame = packed(DATA)
    break_off(url, path, frame, 3 << 20)
    while not (size := held(url, path)):
        time.sleep(0.05)
    assert 0 < size <= 3 << 20
    source = tmp_path / "hello.deb"
    source.write_bytes(DATA)
    sent: list[int] = []
    worker = ServerConnection(url, HEAD)
    session = worker._session()
    plain = session.send

    def counting(request: object, **options: object) -> object:
        length = getattr(request, "headers", {}).get("Content-Length")
        if getattr(request, "method", "") == "PUT":
            sent.append(int(str(length)))
        return plain(request, **options)  # type: ignore[arg-type]

    session.send = counting  # type: ignore[method-assign,assignment]
    assert worker.upload(path, source) == (Digest.of(DATA), len(DATA))
    assert sent == [len(frame) - size]
    assert b"".join(LocalBlobs(home / "blobs").open(Digest.of(frame))) == frame
