# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan says what a sync would fetch, fetches no package, and the sync then agrees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirror.plan import plan
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.mirror_bench import MirrorBench
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, worlds

FIRST, SECOND, _ = worlds(6)


@pytest.fixture
def archive(throwaway_key: ThrowawayKey) -> SmallArchive:
    made = SmallArchive(throwaway_key)
    made.publish_dated("20260711T120000Z", FIRST)
    made.publish_dated("20260901T010203Z", SECOND)
    made.publish(FIRST)
    return made


@pytest.fixture
def upstream(archive: SmallArchive) -> Iterator[FaultyUpstream]:
    with FaultyUpstream(archive.files) as server:
        yield server


@pytest.fixture
def bench(
    tmp_path: Path, upstream: FaultyUpstream, throwaway_key: ThrowawayKey
) -> Iterator[MirrorBench]:
    (tmp_path / "keyring.gpg").write_bytes(throwaway_key.public())
    url = f"sqlite:///{tmp_path}/catalogue.sqlite"
    one = MirrorBench(tmp_path, url, upstream.url, keys=[tmp_path / "keyring.gpg"])
    yield one
    one.close()


@pytest.mark.parametrize("kind", ["live", "dated"])
def test_the_plan_is_what_the_sync_does(
    bench: MirrorBench, upstream: FaultyUpstream, kind: str
) -> None:
    planned = plan(bench.policy(kind=kind), bench.stores)
    assert not [path for path, _ in upstream.requests if "/pool/" in path]
    assert bench.stores.catalogue.archives() == ()
    report = bench.sync(kind=kind)
    assert [run.files for run in planned.runs] == [run.files for run in report.runs]
    assert planned.size == sum(run.received for run in report.runs)
    assert planned.seconds(1000.0) == planned.size / 1000
    assert plan(bench.policy(kind=kind), bench.stores).runs == ()


def test_what_is_here_is_not_planned(bench: MirrorBench) -> None:
    bench.sync()
    again = plan(bench.policy(name="other", upstream_name="debian", kind="dated"), bench.stores)
    assert again.files == 2  # what the second run brings
    assert again.runs[0].here == 10


def test_on_demand_plans_no_files(bench: MirrorBench) -> None:
    assert plan(bench.policy(files="on-demand"), bench.stores).files == 0
