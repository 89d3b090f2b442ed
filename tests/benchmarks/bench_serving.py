# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes a second: our own server, our server behind nginx, nginx over the link trees, plain nginx.

All four serve the same files to the same client, in turns, so that a slow minute of the machine
meets everybody. Printed: MB/s of each, and what it is of plain nginx in the same round.

    make bench ARGS="tests/benchmarks/bench_serving.py"
"""

from __future__ import annotations

import random
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

#: Size in bytes, and requests of one round.
FILES = {"64 kB": (64 << 10, 400), "20 MB": (20 << 20, 25), "200 MB": (200 << 20, 3)}
ROUNDS = 9
STAMP = Timestamp.parse("20260711T101637Z")


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
        web_server.serving(data / "blobs/sha256", tmp_path / "plain") as plain,
    ):
        blobs = {size: f"/{d.hex[:2]}/{d.hex[2:4]}/{d.hex}" for size, d in digests.items()}
        dated = {size: f"/archive/debian/{STAMP}/pool/{pool_name(size)}" for size in digests}
        ways = [
            Way("plain nginx", plain.url, blobs),
            Way("own server", own, by_digest),
            Way("behind nginx", front, by_digest),
            Way("dated, nginx alone", front, dated),
        ]
        for size in FILES:
            print_round(size, ways)


def print_round(size: str, ways: list[Way]) -> None:
    length, requests = FILES[size]
    rates: dict[str, list[float]] = {way.name: [] for way in ways}
    for number in range(ROUNDS + 1):
        for way in random.Random(number).sample(ways, len(ways)):
            seconds = fetch(way, way.paths[size], length, requests)
            if number:  # the first warms up
                rates[way.name].append(length * requests / seconds / 1e6)
    print(f"\n  files of {size}, {requests} over one connection:")
    middle = {name: statistics.median(found) for name, found in rates.items()}
    ratios = {
        name: statistics.median(
            mine / plain for mine, plain in zip(found, rates["plain nginx"], strict=True)
        )
        for name, found in rates.items()
    }
    for name, rate in middle.items():
        print(
            f"    {name:20} {rate:7.0f} MB/s  {ratios[name]:5.2f} x plain nginx"
            f"   {1e6 * length / rate / 1e9:8.2f} ms a file"
        )
    if length >= 20 << 20:
        verdict(f"{size}: 500 MB/s over our own", 500 / middle["own server"], 1)
        verdict(f"{size}: 0.9 over what we reach behind nginx", 0.9 / ratios["behind nginx"], 1)
        verdict(f"{size}: plain nginx over dated", 1 / ratios["dated, nginx alone"], 1.05)


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
