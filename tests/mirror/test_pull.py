# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is fetched when first asked for: verified, once, whoever asks and however many."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirror.pull import AGAIN_AFTER, FORGET_AFTER, SUSPECT_AFTER, PullThrough
from snapshot.digest import Digest
from snapshot.errors import CorruptUpstream, DejabuildError, TransientError
from storage.catalogue import BlobState
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.mirror_bench import MirrorBench
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, worlds

FIRST, SECOND, _ = worlds(6)
DEB = FIRST.debs[3]
DIGEST = Digest.of(DEB.data)


class Pulling:
    """A mirror of indices only, and its pull-through."""

    def __init__(self, bench: MirrorBench, upstream: FaultyUpstream, archive: SmallArchive) -> None:
        self.bench = bench
        self.upstream = upstream
        self.archive = archive

    def begin(self, **changed: object) -> PullThrough:
        self.bench.sync(None, files="on-demand", **changed)
        self.upstream.requests.clear()
        return PullThrough(self.bench.stores, [self.bench.policy(files="on-demand", **changed)])


@pytest.fixture
def pulling(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[Pulling]:
    archive = SmallArchive(throwaway_key)
    archive.publish(FIRST)
    (tmp_path / "keyring.gpg").write_bytes(throwaway_key.public())
    with FaultyUpstream(archive.files) as upstream:
        bench = MirrorBench(
            tmp_path,
            f"sqlite:///{tmp_path}/catalogue.sqlite",
            upstream.url,
            keys=[tmp_path / "keyring.gpg"],
        )
        yield Pulling(bench, upstream, archive)
        bench.close()


def test_a_named_file_is_fetched_recorded_and_linked(pulling: Pulling) -> None:
    pull = pulling.begin()
    stores = pulling.bench.stores
    assert pull(DIGEST)
    assert b"".join(stores.blobs.open(DIGEST)) == DEB.data
    file = stores.catalogue.file_at("debian", FIRST.date, DEB.path)
    assert file is not None
    assert file.state is BlobState.PRESENT
    tree = pulling.bench.root / "archive/debian" / str(FIRST.date)
    assert (tree / DEB.path).read_bytes() == DEB.data
    assert pull(DIGEST)
    assert pulling.upstream.count(f"/{DEB.path}") == 1


def test_what_no_index_names_is_never_asked_for(pulling: Pulling) -> None:
    pull = pulling.begin()
    assert not pull(Digest.of(b"anything"))
    assert pulling.upstream.requests == []


def test_many_at_once_are_one_request(pulling: Pulling) -> None:
    pull = pulling.begin()
    pulling.upstream.pause = 0.2
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(pull(DIGEST))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 8
    assert pulling.upstream.count(f"/{DEB.path}") == 1


def test_wrong_bytes_are_never_stored(pulling: Pulling) -> None:
    pull = pulling.begin()
    pulling.upstream.fault_every(lambda _path, _number: faults.wrong_bytes())
    with pytest.raises(CorruptUpstream):
        pull(DIGEST)
    assert not pulling.bench.blobs.contains(DIGEST)


def test_a_missing_file_is_not_asked_for_again_for_an_hour(pulling: Pulling) -> None:
    pull = pulling.begin()
    body = pulling.archive.files.pop(f"/{DEB.path}")
    assert not pull(DIGEST)
    assert not pull(DIGEST)
    assert pulling.upstream.count(f"/{DEB.path}") == 1
    pulling.archive.files[f"/{DEB.path}"] = body
    pulling.bench.time.now += FORGET_AFTER
    assert pull(DIGEST)


def together(pull: PullThrough, count: int = 8) -> list[object]:
    """What many who ask at once are told."""
    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(pull(DIGEST))
        except DejabuildError as error:
            answers.append(type(error))

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_an_upstream_that_does_not_answer_is_worth_asking_again(pulling: Pulling) -> None:
    pull = pulling.begin()
    pulling.upstream.fault(f"/{DEB.path}", *[faults.status(500)] * 6)
    with pytest.raises(TransientError):
        pull(DIGEST)
    pulling.bench.time.now += AGAIN_AFTER
    assert pull(DIGEST)


def test_those_who_waited_in_vain_do_not_ask_one_after_the_other(pulling: Pulling) -> None:
    pull = pulling.begin()
    pulling.upstream.pause = 0.1
    pulling.upstream.fault_every(lambda _path, _number: faults.status(500))
    assert together(pull) == [TransientError] * 8
    assert pulling.upstream.count(f"/{DEB.path}") == 6  # the tries of one of them
    with pytest.raises(TransientError) as caught:
        pull(DIGEST)
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= AGAIN_AFTER
    assert pulling.upstream.count(f"/{DEB.path}") == 6


def test_many_at_once_for_what_nobody_has_are_one_request(pulling: Pulling) -> None:
    pull = pulling.begin()
    pulling.upstream.pause = 0.1
    del pulling.archive.files[f"/{DEB.path}"]
    assert together(pull) == [False] * 8
    assert pulling.upstream.count(f"/{DEB.path}") == 1


def test_wrong_bytes_reach_none_of_many_and_are_asked_for_twice_only(pulling: Pulling) -> None:
    pull = pulling.begin()
    pulling.upstream.pause = 0.1
    pulling.upstream.fault_every(lambda _path, _number: faults.wrong_bytes())
    assert together(pull) == [CorruptUpstream] * 8
    assert pulling.upstream.count(f"/{DEB.path}") == 2  # the second time past caches
    assert not pulling.bench.blobs.contains(DIGEST)
    pulling.upstream.fault_every(lambda _path, _number: None)
    pulling.bench.time.now += SUSPECT_AFTER
    assert pull(DIGEST)


def test_a_dated_upstream_is_asked_by_its_own_stamp(pulling: Pulling) -> None:
    pulling.archive.publish_dated("20260711T120000Z", FIRST)
    pull = pulling.begin(kind="dated")
    assert pull(DIGEST)
    assert pulling.upstream.count(f"/archive/debian/20260711T120000Z/{DEB.path}") == 1
