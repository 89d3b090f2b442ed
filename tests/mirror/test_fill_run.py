# SPDX-License-Identifier: GPL-3.0-or-later
"""A draft is filled with what changed and published, or abandoned."""

from __future__ import annotations

import pytest

from mirror.capture import Capture
from mirror.open_upstreams import open_upstreams
from snapshot.errors import TransientError
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive


def capture(mirror: MirrorBench) -> Capture:
    policy = mirror.policy()
    return Capture(policy, open_upstreams(policy), mirror.stores)


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
