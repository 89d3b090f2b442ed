# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a mirror takes, against `curl --parallel` fetching the same files in the same run.

    .venv/bin/python -m pytest -s -p no:cacheprovider tests/benchmarks/bench_mirror.py

A Debian build closure (173 packages, 126 MB). The upstream is a process of its
own that sends files with sendfile; both sides get the same one. Every line prints a ratio.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from storage.blobs import LocalBlobs
from storage.database import Database
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, SmallArchive, Source, World, worlds

TOP = Path(__file__).parents[2]
CONNECTIONS = 8


class SendFile(BaseHTTPRequestHandler):
    """Files below the working directory; keep-alive, no logging, no copies."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        name = "runs.json" if self.path.startswith("/mr/") else self.path.lstrip("/")
        try:
            file = Path(name).open("rb")  # noqa: SIM115  closed below
        except OSError:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with file:
            self.send_response(200)
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            self.wfile.flush()
            self.connection.sendfile(file)


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """A server process over a directory."""
    code = "from tests.benchmarks import bench_mirror; bench_mirror.serve()"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def serve() -> None:
    """The server process: prints its port, ends when its input does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SendFile)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run(command: list[str]) -> Callable[[], object]:
    return lambda: subprocess.run(command, cwd=TOP, check=True, capture_output=True)


def lay(root: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        name = "runs.json" if path.startswith("/mr/") else path.lstrip("/")
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def curl(place: Path, urls: list[str]) -> list[str]:
    """The same files, eight at a time, into one directory."""
    place.mkdir()
    listing = place / "urls"
    listing.write_text(
        "".join(f'url = "{url}"\noutput = "{place}/{n}"\n' for n, url in enumerate(urls))
    )
    parallel = ("--parallel", "--parallel-max", str(CONNECTIONS))
    return ["curl", "--silent", "--fail", *parallel, "--config", str(listing)]


def show(what: str, ours: float, theirs: float, peer: str) -> None:
    print(f"{what:34} {ours:7.2f} s   {peer:28} {theirs:7.2f} s   ratio {ours / theirs:5.2f}")


def bench_writing(root: Path, bodies: list[bytes]) -> None:
    """Blobs into a store, against cp + sha256sum + fsync of the same data."""
    source, copies = root / "source", root / "copies"
    source.mkdir()
    for number, body in enumerate(bodies):
        (source / str(number)).write_bytes(body)
    os.sync()
    store = LocalBlobs(root / "written")

    def write() -> None:
        for number in range(len(bodies)):
            with (source / str(number)).open("rb") as stream:
                store.add(iter(lambda: stream.read(1 << 18), b""), durable=False)
        store.sync()

    script = f"cp -r {source} {copies} && sha256sum {copies}/* >/dev/null && sync -f {copies}"
    ours, theirs = seconds(write), seconds(run(["sh", "-c", script]))
    show("write blobs (sha256 + sha1)", ours, theirs, "cp + sha256sum + sync")
    store.close()


def test_mirror_against_curl(tmp_path: Path) -> None:
    key = ThrowawayKey()
    try:
        bench(tmp_path, key, count=173, size=730_000)
    finally:
        key.close()


def bench(root: Path, key: ThrowawayKey, count: int, size: int) -> None:
    first = World(
        tuple(Deb(f"package{n:04}", "1", size=size) for n in range(count)), (Source("s", "1"),)
    )
    changed = max(1, count // 20)
    newer = tuple(Deb(f"package{n:04}", "2", size=size) for n in range(changed))
    second = World(newer + first.debs[changed:], first.sources, worlds(2)[1].date)
    archive = SmallArchive(key)
    archive.publish_dated("20260711T120000Z", first)
    upstream = root / "upstream"
    lay(upstream, archive.files)
    (root / "keyring.gpg").write_bytes(key.public())
    database = f"sqlite:///{root}/catalogue.sqlite"
    opened = Database.open(database, "catalogue")
    opened.upgrade()
    opened.close()
    paths = [path for path in archive.files if not path.startswith("/mr/")]
    total = sum(len(data) for data in archive.files.values())
    print(f"{count} packages, {total / 1e6:.0f} MB, {CONNECTIONS} connections, loopback")
    with serving(upstream) as url:
        settings = {
            "root": str(root / "data"),
            "database": database,
            "upstream": url,
            "keyring": str(root / "keyring.gpg"),
            "connections": CONNECTIONS,
        }
        sync = run([sys.executable, "-m", "tests.run_sync", json.dumps(settings)])
        wanted = [url + path for path in paths if not re.search("by-hash|Packages|Sources", path)]
        warm = seconds(run(curl(root / "warm", wanted)))
        ours = seconds(sync)
        theirs = min(warm, seconds(run(curl(root / "curl", wanted))))
        show("cold mirror, verified", ours, theirs, "curl --parallel, unverified")
        started = seconds(run([sys.executable, "-c", "import tests.run_sync"]))
        show("of which start-up (imports)", started, ours, "our cold run")
        show("cold mirror without start-up", ours - started, theirs, "curl --parallel, unverified")
        nothing = seconds(sync)
        show("second run, nothing new", nothing, theirs, "curl of everything")
        archive.publish_dated("20260901T010203Z", second)
        lay(upstream, archive.files)
        part = seconds(sync)
        show(f"next run, {changed} packages new", part, ours, "our cold run")
    bench_writing(root, [deb.data for deb in first.debs])
