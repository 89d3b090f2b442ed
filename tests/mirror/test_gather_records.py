# SPDX-License-Identifier: GPL-3.0-or-later
"""Build records come once, each by itself: a bad one is named and costs nothing else."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from mirror.gather_records import RecordSource, gather_records, records_beside
from snapshot.digest import Digest
from snapshot.errors import NotFound, TransientError
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive
from tests.snapshot.test_buildinfo import TEXT

HELLO = "hello_2.10-3+b9_amd64.buildinfo"
DIRECTORY = "/buildinfo-pool/h/hello/"


def record(source: str) -> bytes:
    return TEXT.replace("hello", source).encode()


@pytest.fixture
def pool(archive: SmallArchive) -> SmallArchive:
    archive.files |= {
        "/buildinfo-pool/": b'<a href="h/">h</a><a href="w/">w</a>',
        "/buildinfo-pool/h/": b'<a href="hello/">hello</a>',
        DIRECTORY: f'<a href="{HELLO}">x</a><a href="torn_1_all.buildinfo">y</a>'.encode(),
        f"{DIRECTORY}{HELLO}": record("hello"),
        f"{DIRECTORY}torn_1_all.buildinfo": record("torn")[:100],
        "/buildinfo-pool/w/": b'<a href="world_1_all.buildinfo">z</a><a href="gone_1.buildinfo">',
        "/buildinfo-pool/w/world_1_all.buildinfo": record("world"),
    }
    return archive


def source(mirror: MirrorBench, path: str = "/buildinfo-pool/", **changed: object) -> RecordSource:
    address = f"{mirror.upstreams[0]}{path}"
    return RecordSource("pool", address, **changed)  # type: ignore[arg-type]


def test_a_pool_comes_whole_and_bad_records_are_named(
    mirror: MirrorBench, pool: SmallArchive
) -> None:
    report = gather_records(source(mirror), mirror.stores)
    assert (report.added, report.known) == (2, 0)
    assert [address.rpartition("/")[2] for address, _ in report.bad] == [
        "torn_1_all.buildinfo",
        "gone_1.buildinfo",
    ]
    assert "torn_1_all.buildinfo" in report.bad[0][1]
    assert "answered 404" in report.bad[1][1]
    (found,) = mirror.stores.catalogue.buildinfos("hello")
    assert (found.name, found.version) == (HELLO, "2:2.10-3+b9")
    assert (found.digest, found.signature_state) == (Digest.of(record("hello")), "unsigned")
    assert b"".join(mirror.blobs.open(found.digest)) == record("hello")


def test_what_is_here_is_not_asked_for_again(
    mirror: MirrorBench, pool: SmallArchive, upstream: FaultyUpstream
) -> None:
    gather_records(source(mirror), mirror.stores)
    pool.files[f"{DIRECTORY}torn_1_all.buildinfo"] = record("torn")
    upstream.requests.clear()
    report = gather_records(source(mirror), mirror.stores)
    assert (report.added, report.known) == (1, 2)
    asked = [path for path, _ in upstream.requests if path.endswith(".buildinfo")]
    assert sorted(asked) == [
        f"{DIRECTORY}torn_1_all.buildinfo",
        "/buildinfo-pool/w/gone_1.buildinfo",
    ]


def test_an_end_cuts_records_that_are_under_way(
    mirror: MirrorBench,
    pool: SmallArchive,
    upstream: FaultyUpstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent, release = "/buildinfo-pool/w/world_1_all.buildinfo", threading.Event()
    upstream.fault(silent, *[faults.wait_for(10, release)] * 6)

    def stop(*_: object, **_more: object) -> bool:
        while not upstream.count(silent):
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr("mirror.gather_records._keep", stop)
    with pytest.raises(KeyboardInterrupt):
        gather_records(source(mirror), mirror.stores)
    assert upstream.count(silent) == 1, "it is asked for no more"
    release.set()
    assert not [one for one in threading.enumerate() if one.name.startswith("records")]
    monkeypatch.undo()
    assert gather_records(source(mirror), mirror.stores).added == 2


def test_only_the_sources_that_are_wanted_come(mirror: MirrorBench, pool: SmallArchive) -> None:
    report = gather_records(source(mirror, include=("wor*",)), mirror.stores)
    assert (report.added, report.bad) == (1, ())
    assert mirror.stores.catalogue.buildinfos("hello") == ()


def test_one_record_is_asked_for_conditionally(
    mirror: MirrorBench, pool: SmallArchive, upstream: FaultyUpstream
) -> None:
    one = source(mirror, f"{DIRECTORY}{HELLO}")
    assert gather_records(one, mirror.stores).added == 1
    sent = upstream.sent[f"{DIRECTORY}{HELLO}"]
    assert gather_records(one, mirror.stores).known == 1
    assert upstream.sent[f"{DIRECTORY}{HELLO}"] == sent, "the second answer had no body"


def test_the_same_bytes_under_two_names_are_one_record(
    mirror: MirrorBench, pool: SmallArchive
) -> None:
    pool.files["/list"] = f"buildinfo-pool/h/hello/{HELLO}\nother.buildinfo\n".encode()
    pool.files["/other.buildinfo"] = record("hello")
    report = gather_records(source(mirror, "/list"), mirror.stores)
    assert (report.added, report.known) == (1, 1)


def test_a_local_directory_is_a_source(mirror: MirrorBench, tmp_path: Path) -> None:
    place = tmp_path / "records/h"
    place.mkdir(parents=True)
    (place / HELLO).write_bytes(record("hello"))
    (tmp_path / "secret.buildinfo").write_bytes(record("secret"))
    (place / "link.buildinfo").symlink_to(tmp_path / "secret.buildinfo")
    for address in (f"file://{tmp_path}/records/", f"file://{tmp_path}/records/h/{HELLO}"):
        report = gather_records(RecordSource("mine", address), mirror.stores)
    assert report.known == 1
    assert len(mirror.stores.catalogue.buildinfos("hello")) == 1
    assert mirror.stores.catalogue.buildinfos("secret") == ()


def test_an_upstream_that_breaks_off_leaves_what_came(
    mirror: MirrorBench, pool: SmallArchive, upstream: FaultyUpstream
) -> None:
    gather_records(source(mirror, include=("hello",)), mirror.stores)
    upstream.fault("/buildinfo-pool/w/world_1_all.buildinfo", *[faults.status(500)] * 6)
    with pytest.raises(TransientError):
        gather_records(source(mirror), mirror.stores)
    assert len(mirror.stores.catalogue.buildinfos("hello")) == 1
    assert gather_records(source(mirror), mirror.stores).added == 1


def test_an_address_with_nothing_is_told(mirror: MirrorBench) -> None:
    with pytest.raises(NotFound):
        gather_records(source(mirror, "/nowhere/"), mirror.stores)


def test_directories_of_packages_may_have_no_records(
    mirror: MirrorBench, pool: SmallArchive
) -> None:
    pool.files["/pool/h/hello/"] = f'<a href="{HELLO}">x</a><a href="sub/">y</a>'.encode()
    pool.files[f"/pool/h/hello/{HELLO}"] = record("hello")
    paths = ["pool/h/hello/a.deb", "pool/h/hello/b.deb", "pool/n/none/c.deb"]
    (report,) = records_beside(mirror.upstreams, paths, mirror.stores)
    assert report.added == 1
    assert any("pool/n/none/: no build records" in said for said in mirror.listener.said)
