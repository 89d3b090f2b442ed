# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs in a bucket keep the contract, whatever kind of server keeps the bucket."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import obstore
import pytest
import requests

from snapshot.digest import Digest
from snapshot.errors import (
    ConfigurationError,
    Denied,
    StorageFull,
    TransientError,
    VerificationError,
)
from storage.blobs import BlobStore, describe
from storage.blobs.bucket import Bucket, Credentials
from storage.blobs.s3 import S3Blobs
from tests.contracts.blob_store import DATA, DIGEST, BlobStoreContract
from tests.faulty_object_store import Ahead, Answer, Asked, faulty
from tests.object_stores import KEY, SECRET, ObjectServer

pytestmark = pytest.mark.programs


class TestInSeaweedFS(BlobStoreContract):
    @pytest.fixture
    def store(self, seaweed: ObjectServer, tmp_path: Path) -> Iterator[BlobStore]:
        blobs = S3Blobs(seaweed.place(), tmp_path / "spool")
        yield blobs
        blobs.close()


class TestInRclone(BlobStoreContract):
    """A server that ignores If-None-Match and checksums."""

    @pytest.fixture
    def store(self, rclone: ObjectServer, tmp_path: Path) -> Iterator[BlobStore]:
        blobs = S3Blobs(rclone.make_bucket(), tmp_path / "spool")
        yield blobs
        blobs.close()


BODY = b"a blob of some length\n" * 100


@pytest.fixture
def place(seaweed: ObjectServer) -> Bucket:
    return seaweed.place()


def test_a_missing_bucket_is_no_empty_store(seaweed: ObjectServer, tmp_path: Path) -> None:
    store = S3Blobs(seaweed.bucket("there-is-none"), tmp_path)
    for look in (
        lambda: store.contains(DIGEST),
        lambda: list(store),
        lambda: store.add([BODY]),
    ):
        with pytest.raises(ConfigurationError, match="no such bucket"):
            look()


def test_a_wrong_secret_is_denied_with_advice(place: Bucket, tmp_path: Path) -> None:
    store = S3Blobs(replace(place, credentials=Credentials(KEY, "another secret")), tmp_path)
    for look in (lambda: store.contains(DIGEST), lambda: list(store), lambda: store.add([BODY])):
        with pytest.raises(Denied, match="AWS_SECRET_ACCESS_KEY"):
            look()


def test_a_service_that_is_down_is_transient_and_loses_nothing(
    place: Bucket, tmp_path: Path
) -> None:
    down = S3Blobs(replace(place, endpoint="http://127.0.0.1:1"), tmp_path)
    down.add([BODY], durable=False)
    with pytest.raises(TransientError, match="does not answer"):
        down.sync()
    with down.writer("key") as writer:
        writer.write(DATA)
        with pytest.raises(TransientError):
            writer.commit()
    down.close()
    up = S3Blobs(place, tmp_path)
    assert up.recover() == 1
    assert list(up) == [Digest.of(BODY)]
    with up.writer("key") as writer:  # a commit that failed keeps what was written
        assert writer.size == len(DATA)
        assert writer.commit().digest == DIGEST
    assert up.contains(DIGEST)


def test_a_quota_is_no_room_left(seaweed: ObjectServer, place: Bucket, tmp_path: Path) -> None:
    def full(asked: Asked, ahead: Ahead) -> Answer:
        return Answer(507) if asked.method == "PUT" else ahead()

    with faulty(seaweed, full) as (broken, _):
        store = S3Blobs(replace(place, endpoint=broken.endpoint), tmp_path)
        store.add([BODY], durable=False)
        with pytest.raises(StorageFull, match="no room left in s3://"):
            store.sync()
        assert list(store) == []
        store.close()


def test_a_service_that_keeps_nothing_is_found_out(
    seaweed: ObjectServer, place: Bucket, tmp_path: Path
) -> None:
    def swallow(asked: Asked, ahead: Ahead) -> Answer:
        return Answer(200, {"ETag": '"0"'}) if asked.method == "PUT" else ahead()

    with faulty(seaweed, swallow) as (broken, _):
        store = S3Blobs(replace(place, endpoint=broken.endpoint), tmp_path)
        with pytest.raises(VerificationError, match="kept nothing"):
            store.add([BODY])


def test_nothing_asks_for_what_real_servers_ignore(
    seaweed: ObjectServer, place: Bucket, tmp_path: Path
) -> None:
    with faulty(seaweed, lambda _, ahead: ahead()) as (watched, seen):
        store = S3Blobs(replace(place, endpoint=watched.endpoint), tmp_path)
        store.add([BODY])
        store.add([BODY])
        assert list(store) == [Digest.of(BODY)]
        store.delete(Digest.of(BODY))
    asked = {name.lower() for one in seen for name in one.headers}
    assert not {"if-none-match", "if-match"} & asked
    assert not [name for name in asked if name.startswith("x-amz-checksum")]
    assert sum(one.method == "PUT" for one in seen) == 1  # what is there is not sent again


def test_objects_of_others_are_no_blobs(place: Bucket, tmp_path: Path) -> None:
    store = S3Blobs(place, tmp_path)
    store.add([BODY])
    obstore.put(place.open(), f"sha256/zz/zz/{'Z' * 64}", b"somebody's")
    assert list(store) == [Digest.of(BODY)]


def test_what_is_stored_again_is_young_again(
    seaweed: ObjectServer, place: Bucket, tmp_path: Path
) -> None:
    """Or it would be collected before whoever stored it could say what for."""
    with faulty(seaweed, lambda _, ahead: ahead()) as (watched, seen):
        there = replace(place, endpoint=watched.endpoint)
        S3Blobs(there, tmp_path).add([BODY])
        later = S3Blobs(there, tmp_path, clock=lambda: time.time() + 86400)
        later.add([BODY])
        with later.writer("key") as writer:
            writer.write(BODY)
            writer.commit()
    assert sum(one.method == "PUT" for one in seen) == 3


CHILD = """
import sys
from pathlib import Path
from storage.blobs.bucket import Bucket, Credentials
from storage.blobs.s3 import S3Blobs
name, key, secret, prefix, endpoint, spool = sys.argv[1:]
store = S3Blobs(Bucket(name, Credentials(key, secret), prefix, endpoint), Path(spool))
for number in range(30):
    store.add([b"%d" % number * 50_000], durable=False)
print("spooled", flush=True)
store.sync()
print("synced", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("wait", [0.0, 0.02, 0.05, 0.1])
def test_a_killed_process_leaves_whole_blobs_and_the_next_one_uploads_the_rest(
    place: Bucket, tmp_path: Path, wait: float
) -> None:
    words = (place.name, KEY, SECRET, place.prefix, str(place.endpoint), str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *words], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"spooled\n"
        time.sleep(wait)
        child.kill()
    wanted = sorted(Digest.of(b"%d" % number * 50_000) for number in range(30))
    after = S3Blobs(place, tmp_path)
    there = list(after)
    for digest in there:
        assert describe(after, digest).digest == digest
    after.recover()
    assert list(after) == wanted
    assert after.recover() == 0
    after.close()


def test_a_torn_spooled_file_is_never_uploaded(place: Bucket, tmp_path: Path) -> None:
    writing = S3Blobs(place, tmp_path)
    writing.add([BODY], durable=False)
    writing._spool._incoming.directory()  # its lock goes with the process: as if it had ended
    (torn,) = writing._spool.pending().values()
    torn.chmod(0o644)
    torn.write_bytes(bytes(len(BODY)))
    writing.close()
    after = S3Blobs(place, tmp_path)
    assert after.recover() == 0
    assert list(after) == []


def test_an_address_serves_the_bytes_to_whoever_has_it(place: Bucket, tmp_path: Path) -> None:
    store = S3Blobs(place, tmp_path)
    digest = store.add([BODY]).digest
    address = store.address(digest, 60.0)
    assert requests.get(address, timeout=10).content == BODY
    assert requests.get(address.partition("?")[0], timeout=10).status_code == 403


def test_a_large_blob_is_sent_in_parts_within_bounded_memory(place: Bucket, tmp_path: Path) -> None:
    size = 96 << 20
    script = (
        CHILD.partition("for number")[0]
        + f"""
block = bytes(range(256)) * 4096
blob = store.add(block for _ in range({size} // len(block)))
from storage.blobs import describe
assert describe(store, blob.digest) == blob and blob.size == {size}
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) * 1024)
"""
    )
    words = (place.name, KEY, SECRET, place.prefix, str(place.endpoint), str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 110_000_000
