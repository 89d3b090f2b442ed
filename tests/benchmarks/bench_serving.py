# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes a second: our own server, our server behind nginx, nginx over the link trees, plain nginx.

All serve the same files to one client, and 20 MB to several at once, in short turns, so that a slow
moment of the machine meets everybody. Printed: MB/s of each and what that is of plain nginx. How
much of what one client loses behind nginx is ours shows the floor: behind the same nginx an
answerer that knows nothing and names the file at once.

    make bench ARGS="tests/benchmarks/bench_serving.py"
"""

from __future__ import annotations

import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ops.demo.servants import Servants, wait_until
from ops.initialize import initialize
from ops.read_settings import read_settings
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.blobs import LocalBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from storage.layout import Layout
from tests.benchmarks import web_server
from tests.benchmarks.measure import verdict
from tests.integration.test_behind_nginx import nginx

#: Clients that ask at the same time, where several do.
TOGETHER = 4
#: Size in bytes, and requests of one round.
FILES = {"64 kB": (64 << 10, 100), "20 MB": (20 << 20, 3), "200 MB": (200 << 20, 1)}
ROUNDS = {"64 kB": 30, "20 MB": 100, "200 MB": 45}
STAMP = Timestamp.parse("20260711T101637Z")


FLOOR = r"""
import re, socket
listening = socket.create_server(("127.0.0.1", 0))
print("127.0.0.1:%d" % listening.getsockname()[1], flush=True)
while True:
    connection, _ = listening.accept()
    while asked := connection.recv(8192):
        name = re.match(rb"GET /file/((..)(..)\S+)", asked)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 0\r\n"
            b"X-Accel-Redirect: /blobs/%b/%b/%b\r\n\r\n" % (name[2], name[3], name[1])
        )
"""


@dataclass(frozen=True)
class Way:
    """One way to a file: where to ask, and for what."""

    name: str
    url: str
    paths: dict[str, str]


def test_files(tmp_path: Path) -> None:
    data = tmp_path / "data"
    digests = prepare(tmp_path)
    by_digest = {size: f"/file/{digest}" for size, digest in digests.items()}
    with (
        api(tmp_path, "own", "") as own,
        api(tmp_path, "behind", 'accel_prefix = "/blobs/"\n') as behind,
        nginx(tmp_path / "nginx", data, api=urlsplit(behind).netloc) as front,
        floor() as least,
        nginx(tmp_path / "least", data, api=least) as least_front,
        web_server.serving(data / "blobs/sha256", tmp_path / "plain") as plain,
    ):
        blobs = {size: f"/{d.hex[:2]}/{d.hex[2:4]}/{d.hex}" for size, d in digests.items()}
        dated = {size: f"/archive/debian/{STAMP}/pool/{pool_name(size)}" for size in digests}
        ways = [
            Way("plain nginx", plain.url, blobs),
            Way("own server", own, by_digest),
            Way("behind nginx", front, by_digest),
            Way("floor of that", least_front, by_digest),
            Way("dated, nginx alone", front, dated),
        ]
        for size in FILES:
            print_round(size, ways)
        # The floor answers one connection only.
        print_together("20 MB", [way for way in ways if way.name != "floor of that"])


def print_together(size: str, ways: list[Way]) -> None:
    """Several clients at once: while one waits for an answer the others get their bytes."""
    length, requests = FILES[size]
    rates: dict[str, list[float]] = {way.name: [] for way in ways}
    with ThreadPoolExecutor(TOGETHER) as pool:
        for number in range(ROUNDS[size] // 2):
            for way in random.Random(number).sample(ways, len(ways)):
                begun = time.perf_counter()
                again = [way.paths[size]] * TOGETHER
                list(pool.map(partial(fetch, way, length=length, requests=requests), again))
                seconds = time.perf_counter() - begun
                rates[way.name].append(TOGETHER * length * requests / seconds / 1e6)
    print(f"\n  files of {size}, {requests} over each of {TOGETHER} connections at once:")
    for name, found in rates.items():
        paired = zip(found, rates["plain nginx"], strict=True)
        middle = statistics.median(mine / plain for mine, plain in paired)
        print(f"    {name:20} {statistics.median(found):7.0f} MB/s  {middle:5.2f} x plain nginx")
        if name == "behind nginx":
            verdict(f"{size} to several: 0.9 over what we reach behind nginx", 0.9 / middle, 1)


def print_round(size: str, ways: list[Way]) -> None:
    length, requests = FILES[size]
    rates: dict[str, list[float]] = {way.name: [] for way in ways}
    for number in range(ROUNDS[size] + 1):
        for way in random.Random(number).sample(ways, len(ways)):
            seconds = fetch(way, way.paths[size], length, requests)
            if number:  # the first warms up
                rates[way.name].append(length * requests / seconds / 1e6)
    print(f"\n  files of {size}, {requests} over one connection:")
    best = {name: quick(found) for name, found in rates.items()}
    ratios = {name: rate / best["plain nginx"] for name, rate in best.items()}
    for name, found in rates.items():
        paired = zip(found, rates["plain nginx"], strict=True)
        middle = statistics.median(mine / plain for mine, plain in paired)
        print(
            f"    {name:20} {best[name]:7.0f} MB/s  {length / best[name] / 1e3:8.2f} ms a file"
            f"  {ratios[name]:5.2f} x plain nginx undisturbed, {middle:5.2f} in the middle"
        )
    if length >= 20 << 20:
        verdict(f"{size}: 500 MB/s over our own", 500 / best["own server"], 1)
        verdict(f"{size}: 0.9 over what we reach behind nginx", 0.9 / ratios["behind nginx"], 1)
        verdict(f"{size}: plain nginx over dated", 1 / ratios["dated, nginx alone"], 1.05)


def quick(rates: list[float]) -> float:
    """The rate of a round that hardly anybody disturbed: all but a tenth are slower.

    It is the strictest, too: our answer takes the same time when bytes go fastest.
    """
    return statistics.quantiles(rates, n=10)[-1]


@contextmanager
def floor() -> Iterator[str]:
    """What answers for the API, knowing nothing; its address."""
    command = [sys.executable, "-P", "-c", FLOOR]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def fetch(way: Way, path: str, length: int, requests: int) -> float:
    """Seconds for some requests, one after the other over one connection."""
    place = urlsplit(way.url)
    head = f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode()
    buffer = bytearray(1 << 20)
    with socket.create_connection((place.hostname, place.port), 60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        for _ in range(requests):
            connection.sendall(head)
            receive(connection, buffer, length)
        return time.perf_counter() - begun


def receive(connection: socket.socket, buffer: bytearray, length: int) -> None:
    """Read one answer, which must be the whole file."""
    count = connection.recv_into(buffer)
    end = buffer.find(b"\r\n\r\n", 0, count)
    while end < 0:
        more = connection.recv_into(memoryview(buffer)[count:])
        assert more, buffer[:count]
        count += more
        end = buffer.find(b"\r\n\r\n", 0, count)
    assert buffer.startswith(b"HTTP/1.1 200 "), bytes(buffer[:300])
    left = length - (count - end - 4)
    while left:
        count = connection.recv_into(buffer, min(left, len(buffer)))
        assert count, "the connection was closed before the end"
        left -= count


def pool_name(size: str) -> str:
    return f"main/b/bench/bench_{size.replace(' ', '')}.deb"


def prepare(folder: Path) -> dict[str, Digest]:
    """A data directory with the files as blobs, known to the catalogue and linked."""
    write_settings(folder, "own", "")
    data = initialize(read_settings(folder / "own.toml"), clock=time.time)
    blobs = LocalBlobs(data.blobs)
    database = Database.open(data.catalogue_url, "catalogue")
    rng = random.Random(1)
    digests = {}
    for size, (length, _) in FILES.items():
        pieces = (rng.randbytes(min(1 << 20, length - at)) for at in range(0, length, 1 << 20))
        blob = blobs.add(pieces, modified=1.7e9)
        Catalogue(database).record_blob(blob)
        digests[size] = blob.digest
    layout = Layout(data.archive, data.blobs)
    links = {f"pool/{pool_name(size)}": digest for size, digest in digests.items()}
    layout.link_files("debian", list(links.items()))
    layout.place_run("debian", STAMP, {}, meaning=links.get)
    blobs.close()
    database.close()
    return digests


def write_settings(folder: Path, name: str, more: str) -> None:
    (folder / f"{name}.toml").write_text(
        f'[server]\ndata = "{folder}/data"\nlisten = "127.0.0.1:0"\n{more}'
    )


@contextmanager
def api(folder: Path, name: str, more: str) -> Iterator[str]:
    """A real `dejabuild serve`; its address."""
    write_settings(folder, name, more)
    address = folder / "data/run/address"
    address.unlink(missing_ok=True)
    with Servants(folder / f"log-{name}") as servants:
        server = servants.start("serve", ["serve", "--config", str(folder / f"{name}.toml")])
        wait_until(
            address.exists,
            [server],
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=60,
            what="the server",
        )
        url = address.read_text("utf-8").strip()
        yield url
