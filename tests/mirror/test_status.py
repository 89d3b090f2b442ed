# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of an archive is what its catalogue and its locks say."""

from __future__ import annotations

from mirror.lock import archive_lock, exclusive
from mirror.status import ArchiveStatus, archive_status
from snapshot.digest import Digest
from snapshot.keep_rules import parse_rules
from snapshot.timestamp import Timestamp
from storage.catalogue import BlobState
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import NOW, MirrorBench
from tests.small_archive import SmallArchive


def status(mirror: MirrorBench, name: str = "debian", **changed: object) -> ArchiveStatus:
    return archive_status(
        name,
        mirror.policy(**changed),
        mirror.stores.catalogue,
        locks=mirror.stores.locks,
        now=mirror.time(),
    )


def test_an_archive_without_a_run_says_so(mirror: MirrorBench) -> None:
    found = status(mirror)
    assert (found.runs, found.first, found.seen, found.lag, found.running) == (
        0, None, None, None, None,
    )  # fmt: skip


def test_lag_is_the_time_for_which_nobody_looked(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    mirror.sync()
    found = status(mirror)
    assert (found.seen, found.lag) == (NOW, 0.0)
    mirror.time.now += 3600
    assert status(mirror).lag == 3600
    archive.publish(SECOND)
    mirror.sync()
    found = status(mirror)
    assert (found.runs, found.first, found.last) == (2, FIRST.date, SECOND.date)
    assert [one.suite for one in found.suites] == ["bookworm"]


def test_an_archive_that_ends_in_the_past_lags_behind_nothing(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish_dated("20260711T120000Z", FIRST)
    mirror.sync(kind="dated")
    found = status(mirror, kind="dated")
    assert found.seen == Timestamp.parse("20260711T120000Z")
    assert found.lag == NOW.epoch - found.seen.epoch
    assert status(mirror, kind="dated", until=Timestamp.parse("20260801")).lag is None


def test_missing_files_are_counted_and_who_syncs_is_named(mirror: MirrorBench) -> None:
    mirror.sync()
    deb = FIRST.debs[0].data
    mirror.stores.catalogue.set_blob_state([Digest.of(deb)], BlobState.MISSING)
    with exclusive(archive_lock(mirror.stores.locks, "debian"), "sync", now=NOW.epoch):
        found = status(mirror)
    assert (found.missing, found.missing_size) == (1, len(deb))
    assert found.running is not None
    assert found.running.endswith(f"since {NOW}")


def test_what_keep_rules_did_and_will_do_is_told(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    mirror.sync()
    archive.publish(SECOND)
    mirror.sync()
    rules = parse_rules(["all for 1 day"])
    assert (status(mirror).leaving, status(mirror, keep=rules).leaving) == (0, 1)
    mirror.sync(keep=rules)
    found = status(mirror, keep=rules)
    assert (found.runs, found.removed, found.leaving) == (1, 1, 0)
