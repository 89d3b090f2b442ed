# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.demo.arrange import Arrangement
from ops.demo.cache import DemoCache
from ops.demo.own_sources import OLD_TOOL, PRIVATE_HEADER, UNPUBLISHED
from ops.demo.plan_builds import BuildPlanner
from snapshot.packages import BinaryStanza
from snapshot.timestamp import Timestamp
from snapshot.verdict import Reason, Status

pytestmark = pytest.mark.programs

DATES = (Timestamp(86400), Timestamp(86400 * 30), Timestamp(86400 * 60))


def planner(folder: Path) -> tuple[BuildPlanner, Arrangement]:
    arrangement = Arrangement(DATES)
    return BuildPlanner(arrangement, DemoCache(folder / "cache"), folder / "room"), arrangement


def test_there_is_one_own_source_for_each_kind_of_failure(tmp_path: Path) -> None:
    planning, arrangement = planner(tmp_path)
    planned = planning.own()
    assert [(p.expected, p.reason) for p in planned] == [
        (Status.BAD, None),
        (Status.FAIL, Reason.BUILD_FAILED),
        (Status.FAIL, Reason.DEPENDENCY_MISSING),
    ]
    assert [len(listed) for listed in arrangement.sources] == [3, 3, 3]
    assert len(arrangement.pool) == 6


def test_what_only_the_maintainer_has_is_never_listed(tmp_path: Path) -> None:
    planning, arrangement = planner(tmp_path)
    planned = planning.own()
    assert PRIVATE_HEADER in planned[1].build.files
    assert [path.name.split("_")[0] for path in planned[2].build.local] == [UNPUBLISHED]
    assert not any(UNPUBLISHED in path for path in arrangement.pool)


def test_the_fallback_needs_two_dates_and_carries_a_version(tmp_path: Path) -> None:
    planning, arrangement = planner(tmp_path)
    (plan,) = planning.fallback()
    assert plan.carries == (OLD_TOOL, "1")
    recorded = {("dejabuild-demo-old-tool", "1"), ("dejabuild-demo-new-tool", "2")}
    assert not any(recorded <= listed for listed in plan.listed)
    versions = [
        sorted(b.version for b in map(BinaryStanza.parse, packages))
        for packages in arrangement.packages
    ]
    assert versions == [["1", "1"], ["1", "2"], ["2", "2"]]
