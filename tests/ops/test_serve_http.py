# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from ops.serve_http import Listen, check_free, reachable_url
from snapshot.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:8484", "127.0.0.1", 8484), ("[::1]:0", "::1", 0), ("localhost:1", "localhost", 1)],
)
def test_an_address_is_read_and_written_alike(text: str, host: str, port: int) -> None:
    listen = Listen.from_text(text)
    assert listen == Listen(host, port)
    assert str(listen) == text


@pytest.mark.parametrize("text", ["", "8484", ":8484", "127.0.0.1", "127.0.0.1:http", "a:70000"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"server\.listen: not an address"):
        Listen.from_text(text)


def test_a_wildcard_is_reached_through_loopback() -> None:
    assert reachable_url("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert reachable_url("::", 80) == "http://[::1]:80"
    assert reachable_url("192.0.2.1", 80) == "http://192.0.2.1:80"


def test_an_address_in_use_is_one_clear_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}: Address already in use"):
            check_free(Listen("127.0.0.1", port))


SERVER = """
import sys
from pathlib import Path
from ops.serve_http import Listen, serve_http

def make():
    def app(environ, start):
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"answered"]
    return app

serve_http(make, listen=Listen("127.0.0.1", 0), processes=2, threads=2, run=Path(sys.argv[1]),
           announce=lambda url: print(url, flush=True))
"""


@pytest.mark.programs
def test_it_says_where_it_listens_answers_and_cleans_up(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    with server.stdout:
        url = server.stdout.readline().strip()
        assert (tmp_path / "address").read_text() == f"{url}\n"
        deadline = time.monotonic() + 20
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert answer.read() == b"answered"
        server.terminate()
        assert server.wait(max(0.0, deadline - time.monotonic())) == 0
    assert list(tmp_path.iterdir()) == []
