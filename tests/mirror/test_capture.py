# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: whole or not at all; `tests/integration/test_sync_upstreams.py` has every upstream."""

from __future__ import annotations

import dataclasses

import pytest

from mirror.capture import Capture
from mirror.open_upstreams import open_upstreams
from snapshot.timestamp import Timestamp
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


@pytest.mark.parametrize("kind", ["live", "dated"])
def test_what_more_is_wanted_of_a_known_release_comes(
    mirror: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream, kind: str
) -> None:
    archive.publish_dated(str(FIRST.date), FIRST)
    translation = "dists/bookworm/main/i18n/Translation-en.xz"

    def held() -> bool:
        return mirror.stores.catalogue.file_at("debian", FIRST.date, translation) is not None

    mirror.sync(extras=(), kind=kind)
    assert not held()
    mirror.sync(kind=kind)
    assert held()
    tree = mirror.root / "archive/debian" / str(FIRST.date)
    assert (tree / translation).is_file()
    upstream.requests.clear()
    mirror.sync(kind=kind)
    assert len(upstream.requests) == 1
