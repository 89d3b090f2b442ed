# SPDX-License-Identifier: GPL-3.0-or-later
"""A closure fetches what it needs and nothing else, once, whoever asks and however often."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from mirror.fetch_closure import (
    fetch_closure,
    is_settled,
    keep_closure,
    read_definition,
    read_manifest,
)
from mirror.lock import collection_lock, exclusive
from snapshot.closure import Definition
from snapshot.digest import Digest
from snapshot.environment import Environment
from snapshot.errors import CorruptUpstream, InvalidInput, NotFound, TransientError
from snapshot.need import Need
from storage.catalogue import BlobState
from storage.catalogue import tables as t
from tests import faulty_upstream as faults
from tests.mirror.closure_bench import FIRST, INSTALLED, RECORD, SECOND, SOURCE, ClosureBench
from tests.small_record import small_record

NEEDED = {f"/{deb.path}": deb.data for deb in INSTALLED} | {
    f"/{SOURCE.directory}/{name}": data for name, data in SOURCE.files.items()
}


def asked(bench: ClosureBench) -> list[str]:
    return sorted(path for path, _ in bench.upstream.requests)


def pins(bench: ClosureBench, name: str = "base") -> set[Digest]:
    with bench.online.database.read() as connection:
        query = select(t.pins.c.digest).where(t.pins.c.holder == f"closure:{name}")
        return {Digest.from_raw(bytes(raw)) for raw in connection.execute(query).scalars()}


def test_only_what_is_needed_is_fetched(closures: ClosureBench) -> None:
    report = closures.fetch(definition=closures.define())
    assert asked(closures) == sorted(NEEDED)
    assert report.received == sum(map(len, NEEDED.values()))
    assert (report.fetched, report.complete) == (len(NEEDED), True)
    pool = [data for path, data in closures.archive.files.items() if path.startswith("/pool/")]
    assert (len(NEEDED), report.received) < (len(pool), sum(map(len, pool)))
    manifest = read_manifest(closures.online.stores, "base")
    inside = {f"/{file.path}": file.size for file in manifest.files if file.archive == "debian"}
    assert inside == {path: len(data) for path, data in NEEDED.items()}
    tree = closures.online.root / "archive/debian" / str(FIRST.date)
    assert (tree / INSTALLED[0].path).read_bytes() == INSTALLED[0].data


def test_everything_it_needs_is_pinned_before_the_first_request(closures: ClosureBench) -> None:
    definition = closures.define()
    closures.upstream.fault_every(lambda _path, _number: faults.status(500))
    with pytest.raises(TransientError):
        closures.fetch(definition=definition)
    held = pins(closures)
    assert {Digest.of(data) for data in NEEDED.values()} < held
    assert Digest.of(RECORD) in held
    record = closures.online.stores.catalogue.closures.get("base")
    assert record is not None
    assert {record.definition, record.manifest} < held


def test_the_environment_of_each_record_is_kept_for_it(closures: ClosureBench) -> None:
    report = closures.fetch(definition=closures.define())
    ((identity, environment),) = report.resolved.environments.items()
    assert {member.digest for member in environment.members} == {
        Digest.of(deb.data) for deb in INSTALLED
    }
    with closures.online.blobs.open(identity) as reader:
        assert Environment.from_text(b"".join(reader)) == environment
    kept = closures.online.stores.catalogue.environment(identity)
    assert kept is not None
    assert kept.pinned


def test_fetched_again_it_asks_for_nothing_and_changes_nothing(closures: ClosureBench) -> None:
    closures.fetch(definition=closures.define())
    before = closures.online.dump()
    closures.upstream.requests.clear()
    closures.online.time.now += 60
    report = closures.fetch()
    assert (report.fetched, asked(closures)) == (0, [])
    changed = set(closures.online.dump()) ^ set(before)
    assert all(line.startswith("environments") for line in changed), changed  # last used


def test_what_came_before_it_broke_off_is_not_fetched_twice(closures: ClosureBench) -> None:
    last = f"/{INSTALLED[-1].path}"
    closures.upstream.fault(last, *[faults.status(500)] * 6)
    with pytest.raises(TransientError):
        closures.fetch(definition=closures.define())
    closures.upstream.requests.clear()
    assert closures.fetch().complete
    assert asked(closures) == [last]


def test_two_at_once_fetch_each_file_once(closures: ClosureBench) -> None:
    definition = closures.define()
    closures.upstream.pause = 0.05
    reports: list[bool] = []

    def work(name: str) -> None:
        reports.append(closures.fetch(name, definition).complete)

    threads = [threading.Thread(target=work, args=[name]) for name in ("base", "base", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reports == [True] * 3
    assert asked(closures) == sorted(NEEDED)


def test_wrong_bytes_are_never_stored(closures: ClosureBench) -> None:
    closures.upstream.fault_every(lambda _path, _number: faults.wrong_bytes())
    with pytest.raises(CorruptUpstream):
        closures.fetch(definition=closures.define())
    assert not any(closures.online.blobs.contains(Digest.of(d)) for d in NEEDED.values())


def test_what_no_upstream_has_is_said_and_the_rest_comes(closures: ClosureBench) -> None:
    gone = INSTALLED[1]
    del closures.archive.files[f"/{gone.path}"]
    report = closures.fetch(definition=closures.define())
    assert [file.path for file in report.lacking] == [gone.path]
    assert (report.complete, report.fetched) == (False, len(NEEDED) - 1)


def test_without_sources_no_source_is_fetched(closures: ClosureBench) -> None:
    with_sources = closures.define()
    closures.fetch(definition=Definition(with_sources.records, sources=False))
    assert asked(closures) == sorted(f"/{deb.path}" for deb in INSTALLED)


def test_what_is_unknown_is_explained(closures: ClosureBench) -> None:
    wanted = Definition(
        needs=frozenset(
            {
                Need("package001", "9", "amd64"),
                Need("package002", "1.0-1", "arm64"),
                Need("unheard-of", "1", "amd64"),
            }
        )
    )
    report = closures.fetch(definition=wanted)
    why = {
        gap.missing.need.name: (gap.missing.why, gap.missing.nearest)
        for gap in report.resolved.gaps
    }
    assert why["package001"] == (
        "unknown version",
        "1.0-1 in debian/bookworm from 20260711T101637Z",
    )
    assert why["package002"] == ("other architecture", "1.0-1 for amd64")
    assert why["unheard-of"] == ("unknown package", "")
    assert not report.complete


def test_a_later_run_may_know_what_was_missing(closures: ClosureBench) -> None:
    arrived = next(deb for deb in SECOND.debs if deb.name == "arrived")
    record = small_record(SOURCE, [FIRST.debs[0]], [INSTALLED[0], arrived])
    report = closures.fetch(definition=closures.define(record))
    assert [gap.missing.need.name for gap in report.resolved.gaps] == ["arrived"]
    closures.sync(SECOND)
    assert closures.fetch().complete
    assert asked(closures) == [f"/{arrived.path}"]


def test_two_versions_of_a_package_may_be_wanted(closures: ClosureBench) -> None:
    closures.sync(SECOND)
    old, new = FIRST.debs[-2], SECOND.debs[-2]
    assert (old.name, old.version) != (new.name, new.version)
    needs = frozenset({Need(deb.name, deb.version, "amd64") for deb in (old, new)})
    assert closures.fetch(definition=Definition(needs=needs)).complete
    assert asked(closures) == sorted({f"/{old.path}", f"/{new.path}"})


def test_a_closure_only_grows_by_adding(closures: ClosureBench) -> None:
    stores = closures.online.stores
    keep_closure(stores, "base", closures.define())
    more = Definition(needs=frozenset({Need("package005", "1.0-1", "amd64")}))
    joined = closures.define().joined(more)
    keep_closure(stores, "base", more, adding=True)
    assert read_definition(stores, "base") == joined
    assert {one.digest for one in joined.records} < pins(closures)


def test_what_many_add_at_once_is_all_there(closures: ClosureBench) -> None:
    names = [f"package00{number}" for number in range(1, 7)]
    needs = [Need(name, "1.0-1", "amd64") for name in names]
    start = threading.Barrier(len(needs))

    def add(need: Need) -> None:
        start.wait()
        wanted = Definition(needs=frozenset({need}))
        fetch_closure(closures.online.stores, [closures.policy], "base", wanted, adding=True)

    threads = [threading.Thread(target=add, args=[need]) for need in needs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_definition(closures.online.stores, "base").needs == frozenset(needs)


def test_nothing_is_collected_while_a_closure_pins_it(closures: ClosureBench) -> None:
    stores = closures.online.stores
    lock = exclusive(collection_lock(stores.locks), "collection", now=0.0)
    thread = threading.Thread(target=keep_closure, args=[stores, "base", closures.define()])
    with lock:
        thread.start()
        thread.join(0.2)
        assert stores.catalogue.closures.get("base") is None
    thread.join()
    assert stores.catalogue.closures.get("base") is not None


@pytest.mark.parametrize("state", [BlobState.KNOWN, BlobState.MISSING, BlobState.REMOVED])
def test_bytes_that_a_killed_fetch_left_are_recorded(
    closures: ClosureBench, state: BlobState
) -> None:
    digest, catalogue = Digest.of(INSTALLED[0].data), closures.online.stores.catalogue
    catalogue.set_blob_state([digest], state)
    closures.online.blobs.add([INSTALLED[0].data])
    assert closures.fetch(definition=closures.define()).complete
    assert catalogue.present([digest, Digest.of(b"unknown")]) == {digest}


def test_an_unknown_or_impossible_name_is_refused(closures: ClosureBench) -> None:
    with pytest.raises(NotFound, match="no closure nothing"):
        closures.fetch("nothing")
    with pytest.raises(InvalidInput, match="closure name"):
        closures.fetch("../x", closures.define())


def test_a_closure_is_settled_until_something_changes(closures: ClosureBench) -> None:
    stores = closures.online.stores
    closures.fetch(definition=closures.define())
    assert is_settled(stores, "base")
    closures.online.blobs.delete(Digest.of(INSTALLED[0].data))
    assert not is_settled(stores, "base")
    closures.fetch()
    assert is_settled(stores, "base")
    closures.sync(SECOND)
    assert not is_settled(stores, "base"), "a new run may know more"
    closures.fetch()
    keep_closure(stores, "base", Definition(needs=frozenset({Need("package005", "1.0-1")})))
    assert not is_settled(stores, "base")
