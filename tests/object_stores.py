# SPDX-License-Identifier: GPL-3.0-or-later
"""Real S3 servers on loopback, one of each kind a test process asks for.

A pytest plugin (loaded by `tests/conftest.py`). SeaweedFS conforms; rclone's server ignores
If-None-Match and checksums. Each is ended by its process id, and by the kernel when the tests
are killed.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import obstore
import pytest
import requests

from storage.blobs.bucket import Bucket, Credentials, Patience

KEY, SECRET = "AKIAEXAMPLE12345", "an example's secret key"
OWNER = Credentials(KEY, SECRET)
#: Tests that meet failures do not wait for long.
HASTY = Patience(retries=2, first_pause=0.01, longest=5.0, silence=20.0)

_NAMES = count()


@dataclass(frozen=True)
class ObjectServer:
    """A running server.

    Attributes:
        endpoint: Its address.
        credentials: Of somebody who may do everything.
    """

    endpoint: str
    credentials: Credentials = OWNER

    def bucket(self, name: str, prefix: str = "") -> Bucket:
        """A bucket that may exist or not."""
        return Bucket(name, self.credentials, prefix, self.endpoint, patience=HASTY)

    def make_bucket(self) -> Bucket:
        """A new, empty bucket."""
        bucket = self.bucket(f"test-{os.getpid()}-{next(_NAMES)}")
        make_bucket(bucket)
        return bucket

    def place(self) -> Bucket:
        """A new, empty prefix in the bucket `shared`: some servers make buckets slowly."""
        return self.bucket("shared", f"some/{next(_NAMES)}")


def free_ports(number: int) -> list[int]:
    """Ports that were free a moment ago, and stay free of each other."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@contextmanager
def running(
    command: list[str], endpoint: str | None, home: Path, name: str = "server"
) -> Iterator[None]:
    """A server for the block, ready when its endpoint answers; ends with this process too."""
    log = home / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command],
            cwd=home, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while endpoint is not None:
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < until, log.read_text(errors="replace")[-3000:]
            try:
                if requests.get(endpoint, timeout=5).status_code < 500:
                    break
            except requests.RequestException:
                pass
            time.sleep(0.05)
        yield
    finally:
        process.kill()  # what it keeps is thrown away
        process.wait()


def make_bucket(bucket: Bucket) -> None:
    """Make a bucket, by the request that every service takes."""
    url = obstore.sign(bucket.open(), "PUT", "", timedelta(minutes=5))
    answer = requests.put(url, timeout=30)
    assert answer.ok, answer.text


def _program(name: str) -> str:
    path = Path(sys.executable).parent / name
    if not path.exists():
        pytest.fail(f"{path} is missing: make test installs it", pytrace=False)
    return str(path)


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    home = tmp_path_factory.mktemp("seaweed")
    rights = ["Admin", "Read", "Write", "List", "Tagging"]
    who = {"name": "tests", "credentials": [{"accessKey": KEY, "secretKey": SECRET}]}
    (home / "s3.json").write_text(json.dumps({"identities": [who | {"actions": rights}]}))
    names = ("master", "volume", "filer", "s3", "master.grpc", "volume.grpc", "filer.grpc")
    ports = dict(zip((*names, "s3.grpc", "iceberg"), free_ports(9), strict=True))
    options = {
        "dir": home, "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "filer": "true", "s3": "true",
        "s3.config": home / "s3.json", "s3.autoCreateBucket": "false", "s3.port.iceberg": 0,
        "s3.port.lance": 0, "s3.iam": "false", "volume.max": 30, "master.volumeSizeLimitMB": 64,
        "master.port": ports["master"], "master.port.grpc": ports["master.grpc"],
        "volume.port": ports["volume"], "volume.port.grpc": ports["volume.grpc"],
        "filer.port": ports["filer"], "filer.port.grpc": ports["filer.grpc"],
        "s3.port": ports["s3"], "s3.port.grpc": ports["s3.grpc"],
    }  # fmt: skip
    endpoint = f"http://127.0.0.1:{ports['s3']}"
    words = [f"-{name}={value}" for name, value in options.items()]
    with running([_program("weed"), "-logtostderr", "server", *words], endpoint, home):
        server = ObjectServer(endpoint)
        make_bucket(server.bucket("shared"))
        yield server


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    home = tmp_path_factory.mktemp("rclone")
    (home / "kept").mkdir()
    port = free_ports(1)[0]
    command = [_program("rclone"), "serve", "s3", "--config", str(home / "none.conf")]
    command += ["--auth-key", f"{KEY},{SECRET}", "--addr", f"127.0.0.1:{port}", str(home / "kept")]
    endpoint = f"http://127.0.0.1:{port}"
    with running(command, endpoint, home):
        yield ObjectServer(endpoint)
