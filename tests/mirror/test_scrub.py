# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage is found, put aside, and mended from whoever has the bytes; a pass survives anything."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirror.lock import exclusive
from snapshot.digest import Digest
from snapshot.errors import (
    Busy,
    InvalidInput,
    NotFound,
    PermanentError,
    StorageFull,
    TransientError,
)
from storage.blobs import BlobReader
from storage.catalogue import BlobState
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.scrub_bench import WORLD, ScrubBench, scrub_bench
from tests.openpgp import ThrowawayKey

DEB = WORLD.debs[3]
DIGEST = Digest.of(DEB.data)


@pytest.fixture
def bench(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[ScrubBench]:
    with scrub_bench(tmp_path, throwaway_key) as one:
        yield one


def state(bench: ScrubBench, digest: Digest) -> BlobState:
    known = bench.stores.catalogue.blob_by_hash(digest.hex)
    assert known is not None
    return known.state


def test_a_sound_store_is_read_once_and_nothing_else_happens(bench: ScrubBench) -> None:
    before = bench.bench.tree()
    report = bench.scrub()
    blobs = list(bench.stores.blobs)
    assert report.checked == len(blobs)
    assert report.size == sum(map(bench.stores.blobs.size, blobs))
    assert (report.damaged, report.healed, report.lacking, report.finished) == ({}, [], {}, True)
    assert bench.bench.tree() == before


def test_a_damaged_package_is_put_aside_and_fetched_anew(bench: ScrubBench) -> None:
    path = bench.damage(DIGEST)
    rotten = path.read_bytes()
    report = bench.scrub()
    assert list(report.damaged) == report.healed == [DIGEST]
    assert Path(report.damaged[DIGEST]).read_bytes() == rotten  # never destroyed
    assert path.read_bytes() == DEB.data
    assert state(bench, DIGEST) is BlobState.PRESENT
    tree = bench.bench.root / "archive/debian" / str(WORLD.date)
    assert (tree / DEB.path).read_bytes() == DEB.data
    assert bench.scrub().damaged == {}


def test_a_damaged_index_is_fetched_anew_by_its_digest(bench: ScrubBench) -> None:
    members = bench.stores.catalogue.inventory.members_of_run("debian", WORLD.date)
    index = next(one for one in members if one.path.endswith("Packages.xz"))
    bench.damage(index.digest)
    report = bench.scrub()
    assert report.healed == [index.digest]
    assert any("by-hash" in path for path, _ in bench.upstream.requests[-3:])


def test_what_nobody_has_is_served_to_nobody_and_looked_for_again(bench: ScrubBench) -> None:
    bench.damage(DIGEST)
    removed = bench.archive.files.pop(f"/{DEB.path}")
    report = bench.scrub()
    assert list(report.lacking) == [DIGEST]
    assert not bench.stores.blobs.contains(DIGEST)
    assert state(bench, DIGEST) is BlobState.KNOWN
    assert list(bench.scrub(age=1e9).lacking) == [DIGEST]  # no new pass is due, this still is
    bench.archive.files[f"/{DEB.path}"] = removed
    report = bench.scrub(age=1e9)
    assert (report.healed, report.lacking, report.checked) == ([DIGEST], {}, 0)
    assert state(bench, DIGEST) is BlobState.PRESENT


def test_a_peer_is_asked_when_no_upstream_has_it(bench: ScrubBench) -> None:
    bench.damage(DIGEST)
    del bench.archive.files[f"/{DEB.path}"]
    with FaultyUpstream({f"/file/{DIGEST}?stored=1": DEB.data}) as peer:
        bench.peers = (peer.url,)
        report = bench.scrub()
    assert report.healed == [DIGEST]
    assert b"".join(bench.stores.blobs.open(DIGEST)) == DEB.data


def test_a_peer_with_wrong_bytes_heals_nothing(bench: ScrubBench) -> None:
    bench.damage(DIGEST)
    del bench.archive.files[f"/{DEB.path}"]
    wrong = bytes(len(DEB.data))
    with FaultyUpstream({f"/file/{DIGEST}?stored=1": wrong}) as peer:
        bench.peers = (peer.url,)
        report = bench.scrub()
    assert list(report.lacking) == [DIGEST]
    assert not bench.stores.blobs.contains(DIGEST)


def test_bytes_that_no_index_names_are_put_aside_and_said_to_be_lacking(bench: ScrubBench) -> None:
    digest = bench.stores.blobs.add([b"a piece of evidence"]).digest
    bench.damage(digest)
    report = bench.scrub()
    assert report.lacking[digest].startswith("no index or Release names it")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_pass_that_was_left_goes_on_where_it_was(bench: ScrubBench, share: float) -> None:
    total = sum(map(bench.stores.blobs.size, bench.stores.blobs))
    first = bench.scrub(size=int(total * share))
    assert not first.finished
    rest = bench.scrub()
    assert rest.finished
    assert rest.began == first.began
    assert first.checked + rest.checked == len(list(bench.stores.blobs))
    assert first.size + rest.size == total


def test_killed_between_finding_and_mending_it_is_mended_by_the_next_call(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.damage(DIGEST)

    class Killed(BaseException):
        pass

    def killed(*_: object) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(bench, "heal", killed)
        with pytest.raises(Killed):
            bench.scrub()
    assert not bench.stores.blobs.contains(DIGEST)
    assert bench.scrub().healed == [DIGEST]


def test_killed_before_the_catalogue_knew_it_promises_nothing_after_the_next_call(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.damage(DIGEST)
    del bench.archive.files[f"/{DEB.path}"]

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(bench.stores.catalogue, "set_blob_state", killed)
        with pytest.raises(KeyboardInterrupt):
            bench.scrub()
    assert not bench.stores.blobs.contains(DIGEST)
    assert list(bench.scrub().lacking) == [DIGEST]
    assert state(bench, DIGEST) is BlobState.KNOWN


def test_what_was_collected_since_is_missed_by_nobody(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading it and putting it aside, or between two calls."""
    others = [Digest.of(deb.data) for deb in WORLD.debs if deb != DEB]
    for digest in (DIGEST, others[0]):
        bench.damage(digest)
    bench.archive.files.clear()
    quarantine = bench.bench.blobs.quarantine

    def collected_first(digest: Digest) -> str:
        if digest == DIGEST:
            bench.bench.blobs.delete(digest)
        return quarantine(digest)

    monkeypatch.setattr(bench.bench.blobs, "quarantine", collected_first)
    assert list(bench.scrub().lacking) == others[:1]
    bench.stores.catalogue.set_blob_state(others[:1], BlobState.REMOVED)
    assert bench.scrub(age=1e9).lacking == {}


def test_a_finished_pass_is_good_for_as_long_as_is_said(bench: ScrubBench) -> None:
    first = bench.scrub()
    bench.bench.time.now += 3600
    assert bench.scrub(age=7200).checked == 0
    bench.bench.time.now += 7200
    again = bench.scrub(age=7200)
    assert again.checked == first.checked
    assert again.began > first.began


def test_reading_is_held_to_the_rate(bench: ScrubBench) -> None:
    began = bench.bench.time.now
    report = bench.scrub(rate=1000.0)
    assert bench.bench.time.now - began == pytest.approx(report.size / 1000)


def test_time_is_a_budget_too(bench: ScrubBench) -> None:
    report = bench.scrub(rate=1000.0, seconds=5.0)
    assert not report.finished
    assert report.size >= 5000


def test_a_second_scrub_is_told_who_is_at_it(bench: ScrubBench) -> None:
    lock = bench.stores.locks / "scrub.lock"
    with exclusive(lock, "scrub", now=0.0), pytest.raises(Busy, match="process"):
        bench.scrub()


def test_a_sector_that_cannot_be_read_is_damage(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_read = BlobReader.read
    broken = [DIGEST]

    def read(reader: BlobReader, size: int = -1) -> bytes:
        name = str(getattr(reader._stream, "name", ""))
        if broken and name.endswith(broken[0].hex):
            broken.clear()
            raise OSError(errno.EIO, "Input/output error")
        return true_read(reader, size)

    monkeypatch.setattr(BlobReader, "read", read)
    assert bench.scrub().healed == [DIGEST]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EACCES, errno.ENOMEM])
def test_what_cannot_be_read_for_our_sake_is_not_put_aside(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Or a scrub by a user without rights would empty the store."""
    before = bench.bench.tree()

    def fails(*_: object, **__: object) -> BlobReader:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(bench.bench.blobs, "open", fails)
        with pytest.raises(PermanentError, match=os.strerror(number)):
            bench.scrub()
    assert bench.bench.tree() == before
    assert bench.scrub().damaged == {}


def test_a_full_disk_ends_it_and_says_so(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.damage(DIGEST)

    def full(_: Digest) -> bool:
        raise StorageFull("no room left")

    with monkeypatch.context() as patched:
        patched.setattr(bench, "heal", full)
        with pytest.raises(StorageFull):
            bench.scrub()
    assert bench.scrub().healed == [DIGEST]


def test_a_store_that_does_not_answer_is_not_held_damaged(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> BlobReader:
        raise TransientError("the bucket does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(bench.bench.blobs, "open", down)
        with pytest.raises(TransientError):
            bench.scrub()
    report = bench.scrub()
    assert report.damaged == {}
    assert report.checked == len(list(bench.stores.blobs))


def test_a_blob_removed_meanwhile_is_no_damage(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> BlobReader:
        raise NotFound("removed")

    monkeypatch.setattr(bench.bench.blobs, "open", gone)
    report = bench.scrub()
    assert (report.checked, report.damaged) == (0, {})


def test_a_damaged_note_is_refused_with_advice(bench: ScrubBench) -> None:
    (bench.bench.root / "scrub.json").write_text(json.dumps({"began": 1}))
    with pytest.raises(InvalidInput, match="remove it"):
        bench.scrub()
