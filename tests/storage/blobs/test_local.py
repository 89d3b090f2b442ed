# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs on a local disk keep the contract, and survive what disks do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshot.digest import Checksums, Digest
from snapshot.errors import Denied, StorageFull, VerificationError
from storage.blobs import BlobStore, LocalBlobs, describe
from storage.blobs.durability import BATCH
from tests.contracts.blob_store import DATA, DIGEST, BlobStoreContract
from tests.failing_power import FailingPower, PowerCut


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalBlobs]:
    blobs = LocalBlobs(tmp_path / "blobs")
    yield blobs
    blobs.close()


class TestLocalBlobs(BlobStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[BlobStore]:
        blobs = LocalBlobs(tmp_path / "blobs")
        yield blobs
        blobs.close()


def test_a_blob_is_one_read_only_file_named_by_its_digest(store: LocalBlobs) -> None:
    store.add([DATA], modified=1_000_000_000)
    path = store.root / "sha256" / DIGEST.hex[:2] / DIGEST.hex[2:4] / DIGEST.hex
    assert store.local_path(DIGEST) == path
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o777 == 0o444
    assert path.stat().st_mtime == 1_000_000_000


def test_a_second_add_does_not_touch_the_file_or_its_date(store: LocalBlobs) -> None:
    store.add([DATA], modified=1_000_000_000)
    path = store.local_path(DIGEST)
    assert path is not None
    # The time of change moves: a collection sees by it that somebody stored it again.
    before = path.stat()[:-1]
    store.add([DATA], modified=2_000_000_000)
    with store.writer("key") as writer:
        writer.write(DATA)
        writer.commit(modified=2_000_000_000)
    assert path.stat()[:-1] == before


def test_a_blob_that_is_stored_again_is_young_again(store: LocalBlobs) -> None:
    digest = store.add([b"bytes"], modified=1_000_000.0).digest
    first = store.look(digest)
    assert first is not None
    while (again := store.look(digest)) == first:
        store.add([b"bytes"])
    assert again is not None
    assert again.stored > first.stored
    path = store.local_path(digest)
    assert path is not None
    assert path.stat().st_mtime == 1_000_000.0


@pytest.mark.parametrize("name", [".nfs000000000123", "lost+found", "Z" * 64])
def test_files_of_others_are_no_blobs(store: LocalBlobs, name: str) -> None:
    path = store.local_path(store.add([DATA]).digest)
    assert path is not None
    path.with_name(name).write_bytes(b"somebody's")
    assert [found.digest for found in store.stored()] == list(store) == [DIGEST]


def test_a_closed_store_leaves_no_file_but_blobs(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    store.add([DATA])
    with pytest.raises(VerificationError):
        store.add([b"wrong"], expect=DIGEST)
    with store.writer("key") as writer:
        writer.write(b"a second blob")
        second = writer.commit()
    store.writer("empty").close()
    store.close()
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {DIGEST.hex, second.digest.hex}
    assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize("cut_at", range(7))
def test_no_blob_torn_by_a_power_cut_is_ever_trusted(tmp_path: Path, cut_at: int) -> None:
    power = FailingPower(cut_at)
    store = LocalBlobs(tmp_path, durability=power)
    bodies = [bytes([n + 1]) * 1000 for n in range(30)]
    with pytest.raises(PowerCut):  # noqa: PT012  it may come at any of these steps
        store.add([DATA])  # flushes 0 and 1: bytes, then names
        for body in bodies[:20]:
            store.add([body], durable=False)
        store.sync()  # flushes 2 and 3
        for body in bodies[20:]:
            with store.writer(Digest.of(body).hex) as writer:
                writer.write(body)
                writer.commit(durable=False)
        store.sync()  # flushes 4 and 5
        store.add([b"the last"])  # flush 6
    power.tear(tmp_path)
    store.close()

    after = LocalBlobs(tmp_path)
    after.recover()
    for digest in after:
        assert describe(after, digest).digest == digest
    assert after.contains(DIGEST) == (cut_at > 0)
    assert [after.contains(Digest.of(body)) for body in bodies[:20]] == [cut_at > 2] * 20
    assert [after.contains(Digest.of(body)) for body in bodies[20:]] == [cut_at > 4] * 10
    after.close()


def test_one_flush_of_the_file_system_serves_a_whole_batch(tmp_path: Path) -> None:
    power = FailingPower(2)  # bytes and names: any third flush would raise
    store = LocalBlobs(tmp_path, durability=power)
    for n in range(3 * BATCH):
        store.add([bytes([n])], durable=False)
    assert store.sync() == 3 * BATCH
    store.close()


@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, 2 * BATCH])
def test_the_real_disk_takes_batches_of_any_size(store: LocalBlobs, count: int) -> None:
    for n in range(count):
        store.add([bytes([n])], durable=False)
    assert store.sync() == count
    assert len(list(store)) == count


CHILD = """
import os, sys
from pathlib import Path
from storage.blobs import LocalBlobs
store = LocalBlobs(Path(sys.argv[1]))
store.add([b"pending"], durable=False)
writer = store.writer("half")
writer.validator = "v1"
writer.write(b"x" * (1 << 20))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def child(store: LocalBlobs) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(store.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@pytest.mark.programs
def test_pending_blobs_of_a_living_process_are_left_alone(
    store: LocalBlobs, child: subprocess.Popen[str]
) -> None:
    assert store.recover() == 0
    assert not store.contains(Digest.of(b"pending"))
    assert child.poll() is None


@pytest.mark.programs
def test_what_a_killed_process_held_is_taken_over(
    store: LocalBlobs, child: subprocess.Popen[str]
) -> None:
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert store.recover() == 1
    assert store.contains(Digest.of(b"pending"))
    assert store.recover() == 0
    with store.writer("half") as writer:
        assert writer.size == 1 << 20
        assert writer.validator == "v1"
        writer.write(b"and the rest")
        whole = Digest.of(b"x" * (1 << 20) + b"and the rest")
        assert writer.commit(Checksums((1 << 20) + 12, whole)).digest == whole
    assert list((store.root / "partial").iterdir()) == []


def test_a_full_disk_is_said_so_and_loses_nothing(
    store: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add([DATA])
    real = os.write
    room = [3000]

    def write(descriptor: int, data: memoryview) -> int:
        if room[0] == 0:
            raise OSError(28, "No space left on device")
        count = real(descriptor, data[: room[0]])
        room[0] -= count
        return count

    writer = store.writer("key")
    monkeypatch.setattr(os, "write", write)
    with pytest.raises(StorageFull, match=r"no room left in .* while writing key") as caught:
        writer.write(b"x" * 5000)
    assert "was stored is kept" in caught.value.advice
    with pytest.raises(StorageFull):
        store.add([b"another"])
    monkeypatch.undo()
    assert writer.size == 3000
    writer.write(b"x" * 2000)
    assert writer.commit().digest == Digest.of(b"x" * 5000)
    assert b"".join(store.open(DIGEST)) == DATA


def test_a_read_only_directory_is_said_so(
    store: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(Denied, match="cannot write to"):
        store.add([DATA])
