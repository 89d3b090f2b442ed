# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /mr/buildinfo` with 250 packages over HTTP, against a plain GET of a small file.

Both questions go to the same `dejabuild serve`, over one connection, in turns; the catalogue
holds a whole real Packages index. Printed: medians in ms and their ratio, on both databases.

    make bench ARGS="tests/benchmarks/bench_buildinfo.py"
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ops.demo.servants import Servants, wait_until
from snapshot.packages import BinaryStanza
from snapshot.stanza import split_stanzas
from storage.blobs import LocalBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from tests.benchmarks.bench_import import import_run, packages
from tests.databases import DatabaseUrls

__all__ = ["packages"]

NEEDS = 250
ROUNDS = 40


def record(index: bytes) -> bytes:
    """A build record that needs packages which the index has."""
    stanzas = random.Random(5).sample(split_stanzas(index), NEEDS)
    needs = sorted({(one.name, one.version) for one in map(BinaryStanza.parse, stanzas)})
    lines = ",\n ".join(f"{name} (= {version})" for name, version in needs)
    return (
        "Format: 1.0\nSource: bench\nBinary: bench\nArchitecture: amd64\nVersion: 1\n"
        f"Checksums-Sha256:\n {'a' * 64} 1 bench_1_amd64.deb\nBuild-Architecture: amd64\n"
        "Build-Date: Wed, 15 Nov 2023 10:00:00 +0000\n"
        f"Installed-Build-Depends:\n {lines}\n"
    ).encode()


@contextmanager
def serving(urls: DatabaseUrls, folder: Path) -> Iterator[http.client.HTTPConnection]:
    """A real server over a catalogue; gives a connection to it."""
    data, config = folder / "data", folder / "config.toml"
    config.write_text(
        f'[server]\ndata = "{data}"\nlisten = "127.0.0.1:0"\nprocesses = 1\n'
        f'catalogue = "{urls.catalogue}"\nledger = "{urls.ledger}"\n'
    )
    with Servants(folder / "log") as servants:
        server = servants.start("serve", ["serve", "--config", str(config)])
        address = data / "run/address"
        wait_until(
            address.exists,
            [server],
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=60,
            what="the server",
        )
        place = urlsplit(address.read_text("utf-8").strip()).netloc
        connection = http.client.HTTPConnection(place, timeout=60)
        yield connection
        connection.close()


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> tuple[float, int, bytes]:
    """Milliseconds, status and body."""
    begun = time.perf_counter()
    connection.request(method, path, body, {"Content-Type": "text/plain"} if body else {})
    answer = connection.getresponse()
    text = answer.read()
    return 1000 * (time.perf_counter() - begun), answer.status, text


def test_posted_record(database_urls: DatabaseUrls, packages: bytes, tmp_path: Path) -> None:
    database = Database.open(database_urls.catalogue, "catalogue")
    catalogue = Catalogue(database)
    import_run(catalogue, 1, packages)
    blobs = LocalBlobs(tmp_path / "data/blobs")
    small = blobs.add([bytes(2000)])
    blobs.close()
    catalogue.record_blob(small)
    database.close()
    body = record(packages)
    posts, gets = [], []
    with serving(database_urls, tmp_path) as connection:
        first, status, text = ask(connection, "POST", "/mr/buildinfo", body)
        found = json.loads(text)
        assert status == 200, text[:500]
        assert (len(found["found"]), found["missing"][1:]) == (NEEDS, [])
        for _ in range(ROUNDS):
            taken, status, _ = ask(connection, "POST", "/mr/buildinfo", body)
            assert status == 200
            posts.append(taken)
            taken, status, _ = ask(connection, "GET", f"/file/{small.digest}")
            assert status == 200
            gets.append(taken)
    post, get = statistics.median(posts), statistics.median(gets)
    print(
        f"\n{database_urls.backend}: {NEEDS} packages in an index of {len(packages) / 1e6:.1f} MB\n"
        f"  POST /mr/buildinfo      {post:7.1f} ms = {post / get:5.1f} x a GET"
        f"   (first: {first:.1f} ms, slowest: {max(posts):.1f} ms)\n"
        f"  GET of a file of 2 kB   {get:7.1f} ms"
    )
