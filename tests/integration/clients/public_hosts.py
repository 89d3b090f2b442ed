# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that have public hosts built in, led to our server: names and port 80 of their own.

A client runs in a network namespace that holds nothing but a loopback device. There every name
that it knows means this machine, and port 80 leads through a Unix socket, the one thing that both
networks see, to servers outside. Names are read from the client's own program, or written where
they are part of what it asks for.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_IN_PROGRAM = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?=[/\"'\s$:])")
_ASKED = re.compile(rb"\r\nhost: *([^:\s]+)", re.IGNORECASE)


def hosts_in(*programs: Path) -> str:
    """An /etc/hosts in which the hosts that programs have built in are this machine."""
    names = {name for path in programs for name in _IN_PROGRAM.findall(path.read_text("utf-8"))}
    return "".join(f"127.0.0.1 {name}\n" for name in ["localhost", *sorted(names)])


@contextmanager
def doorway(door: Path, ports: Mapping[str, int], otherwise: int) -> Iterator[None]:
    """Lead a Unix socket to ports of this machine, as long as the block lasts.

    Args:
        door: The socket.
        ports: Host that the first request of a connection names to the port it means.
        otherwise: The port of all other hosts.
    """

    def connect(first: bytes) -> socket.socket:
        asked = _ASKED.search(first)
        port = ports.get(asked[1].decode("latin1") if asked else "", otherwise)
        return socket.create_connection(("127.0.0.1", port))

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(door))
    with relayed(listener, connect):
        yield


@contextmanager
def relayed(listener: socket.socket, connect: Callable[[bytes], socket.socket]) -> Iterator[None]:
    """Hand what connects to a listener on to somewhere else."""
    listener.listen(64)

    def hand_on(near: socket.socket) -> None:
        with suppress(OSError), near:
            first = near.recv(1 << 16)
            with connect(first) as far:
                far.sendall(first)
                back = threading.Thread(target=_pour, args=(far, near), daemon=True)
                back.start()
                _pour(near, far)
                back.join()

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=hand_on, args=(near,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def in_own_network(door: Path, hosts: Path, client: list[str]) -> list[str]:
    """The command that runs a client in a network of its own."""
    return [
        "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
        "--propagation", "private",
        "--", sys.executable, "-P", __file__, str(door), str(hosts), *client,
    ]  # fmt: skip


def main() -> int:
    """Inside: bring the network up, put the names in place, run the client."""
    door, hosts, *client = sys.argv[1:]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)

    def connect(_: bytes) -> socket.socket:
        far = socket.socket(socket.AF_UNIX)
        far.connect(door)
        return far

    with relayed(socket.create_server(("127.0.0.1", 80)), connect):
        return subprocess.run(client, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
