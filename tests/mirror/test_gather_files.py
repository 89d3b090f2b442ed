# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package files are lacking, and that those which came are kept whatever happens."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from mirror.gather_files import gather_files, lacking_files
from mirror.open_upstreams import open_upstreams
from snapshot.digest import Digest
from snapshot.errors import CorruptUpstream, TransientError
from snapshot.timestamp import Timestamp
from storage.catalogue import BlobState, StoredFile
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.conftest import FIRST
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import Deb, SmallArchive


def named(deb: Deb, state: BlobState = BlobState.KNOWN, path: str = "") -> StoredFile:
    data = deb.data
    return StoredFile(path or deb.path, Digest.of(data), len(data), None, state)


FILES = [named(deb) for deb in FIRST.debs]


def test_each_digest_is_fetched_once_however_often_it_is_named(mirror: MirrorBench) -> None:
    upstreams = open_upstreams(mirror.policy())
    twice = [FILES[0], named(FIRST.debs[0], path="pool/other/name.deb")]
    wanted, unrecorded = lacking_files(twice, upstreams, mirror.stores, None)
    assert [remote.name for remote in wanted] == [FIRST.debs[0].path]
    assert unrecorded == []


def test_what_a_killed_sync_stored_is_recorded_not_fetched(mirror: MirrorBench) -> None:
    mirror.blobs.add([FIRST.debs[0].data])
    mirror.blobs.add([FIRST.debs[1].data])
    upstreams = open_upstreams(mirror.policy())
    files = [FILES[0], named(FIRST.debs[1], BlobState.PRESENT)]
    wanted, unrecorded = lacking_files(files, upstreams, mirror.stores, None)
    assert wanted == []
    assert unrecorded == [FILES[0].digest]


def test_a_recorded_file_whose_bytes_are_gone_is_fetched(mirror: MirrorBench) -> None:
    upstreams = open_upstreams(mirror.policy())
    files = [named(FIRST.debs[1], BlobState.PRESENT)]
    assert len(lacking_files(files, upstreams, mirror.stores, None)[0]) == 1


def test_a_failure_keeps_and_records_what_came(
    mirror: MirrorBench, upstream: FaultyUpstream, archive: SmallArchive
) -> None:
    policy = mirror.policy()
    upstream.fault(f"/{FIRST.debs[0].path}", *[faults.status(500)] * 6)
    del archive.files[f"/{FIRST.debs[1].path}"]
    with pytest.raises(TransientError, match="answered 500"):
        gather_files(FILES, policy, open_upstreams(policy), mirror.stores, None)
    assert set(mirror.blobs) == {file.digest for file in FILES[2:]}
    catalogue = mirror.stores.catalogue
    assert {d: catalogue.blob_by_hash(d.hex) is not None for d in mirror.blobs} == dict.fromkeys(
        mirror.blobs, True
    )
    gathering = gather_files(FILES, policy, open_upstreams(policy), mirror.stores, None)
    assert gathering.files == 1
    assert gathering.missing == {FILES[1].digest}


def test_what_an_operator_took_out_is_not_fetched(mirror: MirrorBench) -> None:
    policy = mirror.policy()
    removals = mirror.stores.catalogue.removals
    removals.add("broken", files=[FILES[0].digest], now=Timestamp(1))
    gathering = gather_files(FILES, policy, open_upstreams(policy), mirror.stores, None)
    assert gathering.files == len(FILES) - 1
    assert set(mirror.blobs) == {file.digest for file in FILES[1:]}


def test_what_somebody_else_found_meanwhile_is_not_missing(
    mirror: MirrorBench, upstream: FaultyUpstream, archive: SmallArchive
) -> None:
    deb = FIRST.debs[0]
    del archive.files[f"/{deb.path}"]

    def elsewhere(path: str) -> None:
        if path == f"/{deb.path}":
            mirror.stores.catalogue.record_blob(mirror.blobs.add([deb.data]))

    upstream.before = elsewhere
    policy = mirror.policy()
    gathering = gather_files([FILES[0]], policy, open_upstreams(policy), mirror.stores, None)
    assert gathering.missing == set()
    assert mirror.stores.catalogue.blobs_in_state(BlobState.PRESENT) == (FILES[0].digest,)


def test_what_a_dated_path_does_not_lead_to_is_asked_for_by_its_sha1(
    mirror: MirrorBench, upstream: FaultyUpstream, archive: SmallArchive
) -> None:
    data = FIRST.debs[0].data
    sha1 = hashlib.sha1(data).hexdigest()
    archive.files[f"/file/{sha1}"] = data
    files = [replace(FILES[0], sha1=sha1), replace(FILES[1], sha1="0" * 40)]
    policy = mirror.policy(kind="dated")
    at = Timestamp.parse("20260711T101637Z")
    gathering = gather_files(files, policy, open_upstreams(policy), mirror.stores, at)
    assert (gathering.files, gathering.missing) == (1, {FILES[1].digest})
    assert list(mirror.blobs) == [FILES[0].digest]
    assert upstream.count(f"/archive/debian/{at}/{FIRST.debs[0].path}") == 1


def test_other_bytes_under_a_sha1_are_refused(mirror: MirrorBench, archive: SmallArchive) -> None:
    data = FIRST.debs[0].data
    archive.files[f"/file/{'0' * 40}"] = data[::-1]
    policy = mirror.policy(kind="dated")
    with pytest.raises(CorruptUpstream, match="wrong SHA-256"):
        gather_files(
            [replace(FILES[0], sha1="0" * 40)],
            policy,
            open_upstreams(policy),
            mirror.stores,
            Timestamp.parse("20260711T101637Z"),
        )
    assert list(mirror.blobs) == []
