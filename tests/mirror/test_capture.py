# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: whole or not at all; `tests/integration/test_sync_upstreams.py` has every upstream."""

from __future__ import annotations

import dataclasses

import pytest

from mirror.capture import Capture
from mirror.open_upstreams import open_upstreams
from snapshot.errors import TransientError
from snapshot.timestamp import Timestamp
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive


def capture(mirror: MirrorBench) -> Capture:
    policy = mirror.policy()
    return Capture(policy, open_upstreams(policy), mirror.stores)


def test_a_run_is_stamped_by_its_newest_release(mirror: MirrorBench) -> None:
    report = capture(mirror).run(None)
    assert report.stamp == FIRST.date
    assert (report.files, report.missing, report.unchanged) == (8, 0, False)
    assert report.received > sum(len(deb.data) for deb in FIRST.debs)
    assert capture(mirror).run(None).unchanged


def test_a_run_that_fails_leaves_no_draft(mirror: MirrorBench, upstream: FaultyUpstream) -> None:
    upstream.fault(f"/{FIRST.debs[0].path}", *[faults.status(500)] * 6)
    with pytest.raises(TransientError):
        capture(mirror).run(None)
    assert mirror.dump() == []
    assert capture(mirror).run(None).files == 1


def test_work_follows_change(mirror: MirrorBench, archive: SmallArchive) -> None:
    first = capture(mirror).run(None)
    archive.publish(SECOND)
    second = capture(mirror).run(None)
    assert (first.parsed, second.parsed) == (6, 2)
    assert second.files == 2
    assert second.written < first.written


def test_a_run_of_fewer_suites_still_follows_the_one_before(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    newer = Timestamp(SECOND.date.epoch + 1000)
    archive.publish(dataclasses.replace(FIRST, suite="unstable", codename="sid", date=newer))
    mirror.sync(suites=("bookworm", "sid"))
    archive.publish(SECOND)
    (run,) = mirror.sync().runs
    assert run.stamp == Timestamp(newer.epoch + 1)
    (again,) = mirror.sync().runs
    assert again.unchanged
