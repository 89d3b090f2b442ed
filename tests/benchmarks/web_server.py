# SPDX-License-Identifier: GPL-3.0-or-later
"""A private nginx on loopback that counts, and a proxy that is thirty milliseconds away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_CONFIGURATION = """
daemon off; worker_processes 1; pid {place}/nginx.pid; error_log {place}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format counted '$status $body_bytes_sent $uri';
    access_log {place}/access.log counted;
    sendfile on; tcp_nopush on; keepalive_requests 100000; etag on;
    client_body_temp_path {place}/t; proxy_temp_path {place}/t; fastcgi_temp_path {place}/t;
    uwsgi_temp_path {place}/t; scgi_temp_path {place}/t;
    server {{ listen 127.0.0.1:{port}; {more} root {root}; }}
}}
"""


@dataclass(frozen=True)
class WebServer:
    """A running nginx.

    Attributes:
        url: Its address.
        log: One line a request: status, bytes, path.
        pid: Of its master process.
    """

    url: str
    log: Path
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU that its workers took so far."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()
        taken = 0
        for child in children:
            after = Path(f"/proc/{child}/stat").read_text("ascii").rpartition(")")[2].split()
            taken += int(after[11]) + int(after[12])
        return taken / os.sysconf("SC_CLK_TCK")

    def requests(self) -> list[tuple[int, str]]:
        """Status and path of each request so far, in order."""
        time.sleep(0.05)
        lines = [line.split(" ", 2) for line in self.log.read_text("utf-8").splitlines()]
        return [(int(status), path) for status, _, path in lines]


@contextmanager
def serving(root: Path, place: Path) -> Iterator[WebServer]:
    """nginx over a directory, on a free port and, for who cannot do with that, 127.0.0.2:80."""
    port = free_port()
    place.mkdir(parents=True, exist_ok=True)
    (place / "access.log").touch()
    more = "listen 127.0.0.2:80;" if may_listen("127.0.0.2", 80) else ""
    conf = place / "nginx.conf"
    conf.write_text(_CONFIGURATION.format(place=place, root=root, port=port, more=more))
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    # Its worker gives up root, and a private directory is not for others to read.
    command = [program, "-p", str(place), "-c", str(conf), "-e", str(place / "error.log")]
    command += ["-g", "user root;"] if os.geteuid() == 0 else []
    with subprocess.Popen(command) as process:
        try:
            _wait_for(port, process)
            yield WebServer(f"http://127.0.0.1:{port}", place / "access.log", process.pid)
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def delayed(url: str, seconds: float, address: tuple[str, int] = ("127.0.0.1", 0)) -> Iterator[str]:
    """The same server, seen through a proxy by which a round trip takes so long.

    A connection and each request wait; bodies pass at full speed, in the kernel (`splice`).
    """
    host, port = url.removeprefix("http://").split(":")
    listening = socket.create_server(address, backlog=128)
    thread = threading.Thread(
        target=_accept, args=(listening, (host, int(port)), seconds), daemon=True
    )
    thread.start()
    try:
        yield "http://{}:{}".format(*listening.getsockname())
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _accept(listening: socket.socket, upstream: tuple[str, int], seconds: float) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_carry, args=(client, upstream, seconds), daemon=True).start()


def _carry(client: socket.socket, upstream: tuple[str, int], seconds: float) -> None:
    with client, socket.create_connection(upstream) as server:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_splice, args=(server, client), daemon=True)
        back.start()
        with suppress(OSError):
            time.sleep(seconds)  # the handshake's round trip
            while data := client.recv(65536):
                time.sleep(seconds)
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        back.join()


def _splice(server: socket.socket, client: socket.socket) -> None:
    into, out = os.pipe()
    try:
        with suppress(OSError):
            while count := os.splice(server.fileno(), out, 1 << 20):
                while count:
                    count -= os.splice(into, client.fileno(), count)
            client.shutdown(socket.SHUT_WR)
    finally:
        os.close(into)
        os.close(out)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def may_listen(host: str, port: int) -> bool:
    """Whether an address is free and ours to take."""
    with suppress(OSError), socket.create_server((host, port)):
        return True
    return False


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, "nginx did not start"
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")
