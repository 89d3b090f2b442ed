# SPDX-License-Identifier: GPL-3.0-or-later
"""Many files at once: single failures do not stop the others, a full disk stops all."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from mirror.fetch_files import Gathered, fetch_files
from mirror.remote_file import RemoteFile
from snapshot.digest import Checksums, Digest
from snapshot.errors import CorruptUpstream, StorageFull, TransientError
from tests import faulty_upstream as faults
from tests.mirror.fetch_bench import Bench

BODIES = {f"/pool/{n:02}": b"%d" % n * 100 for n in range(40)}


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench()
    one.upstream.files = dict(BODIES)
    with one.upstream:
        yield one
        one.opener.close()


def gather(bench: Bench) -> Gathered:
    files = [
        RemoteFile(path[1:], (bench.upstream.url + path,), Checksums(len(body), Digest.of(body)))
        for path, body in BODIES.items()
    ]
    together = Gathered()
    for batch in fetch_files(files, bench.fetcher, bench.listener, connections=4):
        together.fetched += batch.fetched
        together.missing += batch.missing
        together.failed += batch.failed
    return together


def test_all_files_come_once(bench: Bench) -> None:
    gathered = gather(bench)
    assert len(gathered.fetched) == 40
    assert sorted(path for path, _ in bench.upstream.requests) == sorted(BODIES)
    bench.blobs.sync()
    assert set(bench.blobs) == {Digest.of(body) for body in BODIES.values()}


def test_one_that_is_missing_or_fails_does_not_stop_the_others(bench: Bench) -> None:
    bench.upstream.fault("/pool/03", faults.status(404))
    bench.upstream.fault("/pool/05", *[faults.status(500)] * 6)
    bench.upstream.fault("/pool/07", *[faults.wrong_bytes()] * 2)
    gathered = gather(bench)
    assert len(gathered.fetched) == 37
    assert [remote.name for remote in gathered.missing] == ["pool/03"]
    assert {type(error) for error in gathered.failed} == {TransientError, CorruptUpstream}
    assert "no upstream has pool/03" in " ".join(bench.listener.said)


def test_a_full_disk_stops_all(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageFull("no room left")

    monkeypatch.setattr("storage.blobs.memory.MemoryWriter.write", full)
    with pytest.raises(StorageFull):
        gather(bench)
    assert len(bench.upstream.requests) <= 16 + 4


def test_closing_early_leaves_no_download_waiting(bench: Bench) -> None:
    files = [
        RemoteFile(path[1:], (bench.upstream.url + path,), Checksums(len(body), Digest.of(body)))
        for path, body in BODIES.items()
    ]
    batches = fetch_files(files, bench.fetcher, bench.listener, connections=2)
    next(batches)
    batches.close()
    asked = len(bench.upstream.requests)
    assert asked <= 2 * 4


def test_closing_early_cuts_downloads_that_are_under_way(bench: Bench) -> None:
    body = b"x" * 3_000_000
    bench.upstream.files = {"/small": b"small", "/large": body}
    bench.upstream.before = lambda path: time.sleep(0.2) if path == "/small" else None
    bench.upstream.piece_pause = 0.02  # the whole would take a second
    files = [
        RemoteFile(path[1:], (bench.upstream.url + path,), Checksums(len(data), Digest.of(data)))
        for path, data in {"/small": b"small", "/large": body}.items()
    ]
    batches = fetch_files(files, bench.fetcher, bench.listener, connections=2)
    next(batches)
    batches.close()
    with bench.blobs.writer(Digest.of(body).hex) as writer:
        assert 0 < writer.size < len(body)


@pytest.mark.parametrize("where", ["before the head", "in the body"])
def test_closing_early_wakes_a_download_that_waits_for_bytes(bench: Bench, where: str) -> None:
    body, release = b"x" * 3_000_000, threading.Event()
    bench.upstream.files = {"/small": b"small", "/large": body}

    def before(path: str) -> None:
        if path == "/small":
            while bench.upstream.count("/large") == 0 and where == "in the body":
                time.sleep(0.01)
        elif where == "before the head":
            release.wait(30)

    bench.upstream.before = before
    bench.upstream.fault("/large", faults.wait_for(100_000, release))
    files = [
        RemoteFile(path[1:], (bench.upstream.url + path,), Checksums(len(data), Digest.of(data)))
        for path, data in {"/small": b"small", "/large": body}.items()
    ]
    batches = fetch_files(files, bench.fetcher, bench.listener, connections=2)
    next(batches)
    batches.close()
    assert not release.is_set()  # it is still waiting, our side is not
    release.set()
    assert not [one for one in threading.enumerate() if one.name.startswith("fetch")]


def test_after_an_end_downloads_may_begin_again(bench: Bench) -> None:
    files = [RemoteFile("absent", (bench.upstream.url + "/absent",), Checksums(1, Digest.of(b"")))]
    batches = fetch_files(files * 3, bench.fetcher, bench.listener, connections=1)
    next(batches)
    batches.close()
    assert len(gather(bench).fetched) == 40
