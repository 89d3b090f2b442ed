# SPDX-License-Identifier: GPL-3.0-or-later
"""Drill: what is long for every day, over real object stores; Swift is the second opinion."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshot.digest import Digest
from storage.blobs import BlobStore, describe
from storage.blobs.s3 import S3Blobs
from tests.contracts.blob_store import BlobStoreContract
from tests.object_stores import ObjectServer
from tests.swift_server import swift_server

pytestmark = [
    pytest.mark.drill,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(os.geteuid() != 0, reason="Swift's servers change to their user"),
]


@pytest.fixture(scope="module")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    # Swift keeps metadata in extended attributes, which a file system in memory may not have.
    with swift_server(tmp_path_factory.mktemp("swift")) as server:
        yield server


@pytest.fixture(params=["seaweed", "swift"])
def server(request: pytest.FixtureRequest) -> ObjectServer:
    found: ObjectServer = request.getfixturevalue(request.param)
    return found


class TestInSwift(BlobStoreContract):
    @pytest.fixture
    def store(self, swift: ObjectServer, tmp_path: Path) -> Iterator[BlobStore]:
        blobs = S3Blobs(swift.place(), tmp_path / "spool")
        yield blobs
        blobs.close()


LARGE = """
import sys
from pathlib import Path
from storage.blobs import describe
from storage.blobs.bucket import Bucket, Credentials
from storage.blobs.s3 import S3Blobs
name, key, secret, prefix, endpoint, spool, size = sys.argv[1:]
store = S3Blobs(Bucket(name, Credentials(key, secret), prefix, endpoint), Path(spool))
block = bytes(range(256)) * 4096
blob = store.add(block for _ in range(int(size) // len(block)))
assert blob.size == int(size)
assert describe(store, blob.digest) == blob
# Not ru_maxrss: a process begins with that of the one that started it.
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) * 1024)
"""


def test_memory_is_the_same_whatever_the_size(server: ObjectServer, tmp_path: Path) -> None:
    used = []
    for size in (100 << 20, 1000 << 20):
        place = server.place()
        who = place.credentials
        words = [place.name, who.key, who.secret, place.prefix, server.endpoint]
        done = subprocess.run(
            [sys.executable, "-c", LARGE, *words, str(tmp_path / "spool"), str(size)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        used.append(int(done.stdout))
    print(f"\npeak memory for 100 MiB and 1000 MiB: {used[0] / 1e6:.0f} and {used[1] / 1e6:.0f} MB")
    assert used[1] < 150_000_000
    assert used[1] < used[0] * 1.3


def test_a_thousand_blobs_are_all_there_and_whole(server: ObjectServer, tmp_path: Path) -> None:
    chosen = random.Random(3)
    store = S3Blobs(server.place(), tmp_path / "spool")
    wanted = []
    for _ in range(1000):
        body = chosen.randbytes(chosen.randrange(20_000))
        wanted.append(Digest.of(body))
        store.add([body], durable=False)
    assert store.sync() == 1000
    assert list(store) == sorted(wanted)
    for digest in store:
        assert describe(store, digest).digest == digest
    store.close()
