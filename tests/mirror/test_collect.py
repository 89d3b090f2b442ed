# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes that nothing needs go, after a grace period; whatever somebody needs stays."""

from __future__ import annotations

import os
import time

import pytest

from mirror.collect import Collection, CollectStores, collect
from mirror.keep_runs import keep_runs
from mirror.lock import storing
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.errors import Busy, InvalidInput
from snapshot.keep_rules import parse_rules
from snapshot.timestamp import Timestamp
from storage.catalogue import BlobState
from storage.database import Database
from storage.ledger import Ledger
from storage.ledger.values import NewEvidence
from storage.prune_layout import unlink_file as unlinked
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive
from tests.storage.ledger.samples import NOON, claimed, new_target, put, worker

DAY = 86400.0
NEWEST = parse_rules(["all for 1 day"])


class Bench:
    """A mirror of two runs, and a ledger."""

    def __init__(self, mirror: MirrorBench, ledger: Ledger) -> None:
        self.mirror = mirror
        self.ledger = ledger
        self.catalogue = mirror.stores.catalogue
        # Ages are those of real files, the mirror's own time is not.
        self.now = max(one.stored for one in mirror.blobs.stored())

    def collect(self, *, days: float = 8, delete: bool = True, most: float = 1.0) -> Collection:
        """Collect so many days from now, with a grace period of a week."""
        later = self.now + days * DAY
        stores = CollectStores(
            self.catalogue,
            self.ledger,
            self.mirror.blobs,
            self.mirror.stores.layout,
            self.mirror.stores.locks,
            lambda: later,
        )
        return collect(stores, grace=7 * DAY, most=most, delete=delete)

    def keep_newest(self) -> None:
        keep_runs(self.mirror.policy(keep=NEWEST), self.mirror.stores)

    def add(self, data: bytes) -> Digest:
        blob = self.mirror.blobs.add([data])
        self.catalogue.record_blob(blob)
        return blob.digest

    def state(self, digest: Digest) -> BlobState | None:
        known = self.catalogue.blob_by_hash(digest.hex)
        return None if known is None else known.state


@pytest.fixture
def bench(mirror: MirrorBench, archive: SmallArchive, sqlite_ledger: Database) -> Bench:
    mirror.sync()
    archive.publish(SECOND)
    mirror.sync()
    return Bench(mirror, Ledger(sqlite_ledger))


GONE = [deb for deb in FIRST.debs if deb not in SECOND.debs]
STAYED = [deb for deb in FIRST.debs if deb in SECOND.debs]


def test_what_runs_have_is_never_collected(bench: Bench) -> None:
    before = bench.mirror.tree()
    found = bench.collect()
    assert (found.files, found.young.count) == (0, 0)
    assert found.stored.count == len(list(bench.mirror.blobs))
    assert bench.mirror.tree() == before


def test_what_was_taken_out_goes_although_runs_have_it(bench: Bench) -> None:
    digest = Digest.of(STAYED[0].data)
    # Whoever took it out was killed before the bytes were deleted, or somebody brought them again.
    at = Timestamp(int(bench.now))
    bench.catalogue.removals.add("a court", files=[digest], legal=True, now=at)
    found = bench.collect()
    assert (found.packages.count, found.others.count) == (1, 0)
    assert not bench.mirror.blobs.contains(digest)
    assert not (bench.mirror.root / "archive/debian" / STAYED[0].path).is_symlink()


def test_a_removed_run_frees_what_it_alone_had(bench: Bench) -> None:
    bench.keep_newest()
    preview = bench.collect(delete=False)
    found = bench.collect()
    assert (found.packages, found.others) == (preview.packages, preview.others)
    assert (preview.deleted, found.deleted) == (False, True)
    assert found.packages.count == len(GONE)
    assert found.packages.size == sum(len(deb.data) for deb in GONE)
    assert found.others.count > 0  # its Release and its indices
    pool = bench.mirror.root / "archive/debian"
    for deb in GONE:
        digest = Digest.of(deb.data)
        assert not bench.mirror.blobs.contains(digest)
        assert bench.state(digest) is BlobState.REMOVED
        assert not (pool / deb.path).is_symlink()
    for deb in STAYED:
        assert (pool / deb.path).read_bytes() == deb.data
    assert bench.collect().files == 0


def test_a_preview_of_rules_tells_what_they_would_free(bench: Bench) -> None:
    stores = CollectStores(
        bench.catalogue, bench.ledger, bench.mirror.blobs, None, bench.mirror.stores.locks,
        lambda: bench.now + 8 * DAY,
    )  # fmt: skip
    before = bench.mirror.tree(), bench.mirror.dump()
    found = collect(stores, grace=0, most=0.4, delete=False, leaving={"debian": (FIRST.date,)})
    assert (bench.mirror.tree(), bench.mirror.dump()) == before
    bench.keep_newest()
    assert bench.collect().packages == found.packages


def test_what_was_stored_within_the_grace_period_stays(bench: Bench) -> None:
    bench.keep_newest()
    before = set(bench.mirror.blobs)
    found = bench.collect(days=6)
    assert found.files == 0
    assert found.young.count > len(GONE)
    assert set(bench.mirror.blobs) == before


def test_an_old_modification_time_makes_nothing_old(bench: Bench) -> None:
    """It is the upstream's."""
    path = bench.mirror.blobs.local_path(bench.add(b"leftover"))
    assert path is not None
    os.utime(path, (0, 0))
    bench.now = path.stat().st_ctime
    assert bench.collect(days=6).files == 0
    assert bench.collect(days=8).files == 1


def test_pins_records_and_evidence_are_kept(bench: Bench) -> None:
    data = {name: bench.add(name.encode()) for name in ("pinned", "log", "member", "nobody's")}
    member = Member("a", "amd64", "1", data["member"])
    environment = Environment("deb", frozenset({member}))
    bench.add(environment.text())
    at = Timestamp(0)
    bench.catalogue.add_environment(environment, now=at, holder="job:1")
    bench.catalogue.pin(data["pinned"], "closure:mine", at)
    put(bench.ledger, new_target())
    node = worker(bench.ledger)
    log = NewEvidence("log", "", data["log"], 3, "identity", data["log"])
    job = claimed(bench.ledger, node).job.id
    bench.ledger.attempts.add_evidence(job, node.id, log, now=NOON)
    assert bench.collect().others.count == 1
    left = {name for name, digest in data.items() if bench.mirror.blobs.contains(digest)}
    assert left == {"pinned", "log", "member"}
    assert bench.mirror.blobs.contains(environment.id)
    # Nobody needs the environment any more: its text is kept as long as it is known.
    bench.catalogue.unpin("job:1")
    assert bench.collect().others.count == 1
    assert not bench.mirror.blobs.contains(data["member"])


def test_a_pinned_file_of_a_removed_run_is_kept(bench: Bench) -> None:
    digest = Digest.of(GONE[0].data)
    bench.catalogue.pin(digest, "closure:mine", Timestamp(0))
    bench.keep_newest()
    assert bench.collect().packages.count == len(GONE) - 1
    assert bench.mirror.blobs.contains(digest)
    assert bench.state(digest) is BlobState.PRESENT


def test_more_than_the_limit_is_refused_and_nothing_goes(bench: Bench) -> None:
    bench.keep_newest()
    before = bench.mirror.tree()
    with pytest.raises(InvalidInput, match="1% is the limit") as caught:
        bench.collect(most=0.01)
    assert "--force" in caught.value.advice
    assert bench.mirror.tree() == before
    assert bench.collect(most=0.01, delete=False).files > 0


def test_while_somebody_stores_nothing_is_collected(bench: Bench) -> None:
    bench.keep_newest()
    with storing(bench.mirror.stores.locks, "sync of debian"):
        assert bench.collect(delete=False).files > 0
        with pytest.raises(Busy, match="a sync, or another collection, is running"):
            bench.collect()
    assert bench.collect().files > 0


def test_what_is_stored_again_while_others_go_stays(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server is given evidence with the bytes of a file that is on the list to go."""
    bench.keep_newest()
    data = {Digest.of(deb.data): deb.data for deb in GONE}
    delete = bench.mirror.blobs.delete
    given: list[Digest] = []

    def delete_first(digest: Digest) -> None:
        delete(digest)
        if not given:
            given.append(max(data.keys() - {digest}, key=str))
            bench.mirror.blobs.add([data[given[0]]])

    monkeypatch.setattr(bench.mirror.blobs, "delete", delete_first)
    # What is there is from a week ago; what is stored from now on is not.
    bench.now = time.time() - DAY
    time.sleep(0.02)  # a file system's clock ticks some hundred times a second
    bench.collect(days=8)
    assert bench.mirror.blobs.contains(given[0])
    assert bench.state(given[0]) is BlobState.PRESENT
    assert sum(map(bench.mirror.blobs.contains, data)) == 1


@pytest.mark.parametrize("killed_at", range(6))
def test_a_collection_that_dies_promises_nothing_that_is_gone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    bench.keep_newest()
    steps = iter(range(killed_at))

    def killing(real: object) -> object:
        def call(*args: object, **kwargs: object) -> object:
            if next(steps, None) is None:
                raise KeyboardInterrupt
            return real(*args, **kwargs)  # type: ignore[operator]

        return call

    with monkeypatch.context() as patched:
        patched.setattr(bench.mirror.blobs, "delete", killing(bench.mirror.blobs.delete))
        patched.setattr("mirror.collect.unlink_file", killing(unlinked))
        with pytest.raises(KeyboardInterrupt):
            bench.collect()
    for digest in bench.catalogue.blobs_in_state(BlobState.PRESENT):
        assert bench.mirror.blobs.contains(digest)
    bench.collect()
    assert not any(bench.mirror.blobs.contains(Digest.of(deb.data)) for deb in GONE)
    assert not any((bench.mirror.root / "archive/debian" / deb.path).is_symlink() for deb in GONE)


def test_a_run_that_needs_collected_bytes_again_fetches_them(
    mirror: MirrorBench, archive: SmallArchive, sqlite_ledger: Database
) -> None:
    """A run between two removed ones changes no presence, and still needs its files."""
    stamps = ("20260711T120000Z", "20260801T000000Z", "20260901T010203Z")
    for stamp, world in zip((stamps[0], stamps[2]), (FIRST, SECOND), strict=True):
        archive.publish_dated(stamp, world)
    mirror.sync(kind="dated")
    bench = Bench(mirror, Ledger(sqlite_ledger))
    bench.keep_newest()
    bench.collect()
    between = type(FIRST)(FIRST.debs, FIRST.sources, Timestamp.parse("20260731T000000Z"))
    archive.publish_dated(stamps[1], between)
    report = mirror.sync(kind="dated")
    assert report.runs[0].files == len(GONE)
    for deb in GONE:
        assert (mirror.root / "archive/debian" / stamps[1] / deb.path).read_bytes() == deb.data
        assert bench.state(Digest.of(deb.data)) is BlobState.PRESENT
