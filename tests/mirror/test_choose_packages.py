# SPDX-License-Identifier: GPL-3.0-or-later
"""A package set is chosen over all indices of a run; only its files are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mirror.plan import plan
from mirror.pull import PullThrough
from mirror.sync import SyncReport
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from tests.mirror.closure_bench import FIRST, ClosureBench
from tests.mirror.test_package_closure import WORLD
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, Source, World

HELLO = {"hello_2.10-1_amd64.deb", "greeter_2.10_amd64.deb", "hello_2.10.dsc", "hello_2.10.tar.gz"}
LATER = replace(
    WORLD,
    date=Timestamp.parse("20260901T000000Z"),
    debs=(
        Deb("hello", "2.10-2", source="hello", fields="Depends: texinfo\n"),
        *WORLD.debs[1:],
    ),
)


class Sets:
    """An archive of which a set is mirrored."""

    def __init__(self, bench: ClosureBench) -> None:
        self.bench = bench
        self.publish(WORLD)

    def publish(self, world: World) -> None:
        self.bench.archive.publish(world)

    def sync(self, *packages: str, **changed: object) -> SyncReport:
        self.bench.upstream.requests.clear()
        return self.bench.online.sync(None, packages=packages, **changed)

    @property
    def fetched(self) -> set[str]:
        return {
            path.rpartition("/")[2]
            for path, _ in self.bench.upstream.requests
            if path.startswith("/pool/")
        }


@pytest.fixture
def sets(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[Sets]:
    bench = ClosureBench(tmp_path, throwaway_key)
    yield Sets(bench)
    bench.close()


def test_only_the_files_of_the_set_are_fetched(sets: Sets) -> None:
    report = sets.sync("hello")
    assert sets.fetched == HELLO
    assert sum(run.files for run in report.runs) == len(HELLO)
    catalogue = sets.bench.online.stores.catalogue
    assert catalogue.binary_versions("texinfo"), "indices are captured whole"
    tree = sets.bench.online.root / "archive/debian" / str(FIRST.date)
    assert (tree / WORLD.debs[0].path).read_bytes() == WORLD.debs[0].data


def test_dependencies_come_when_they_are_asked_for(sets: Sets) -> None:
    sets.sync("hello", with_depends=True)
    assert sets.fetched == HELLO | {"debhelper_13.1_all.deb", "perl_5_amd64.deb"}


def test_a_set_that_grows_is_completed_without_a_new_release(sets: Sets) -> None:
    sets.sync("hello")
    report = sets.sync("hello", "@essential")
    assert sets.fetched == {"base_1_amd64.deb"}
    assert [(run.unchanged, run.files) for run in report.runs] == [(True, 1)]
    sets.sync("hello", "@essential")
    assert sets.fetched == set()


def test_a_new_dependency_brings_a_package_that_did_not_change(sets: Sets) -> None:
    sets.sync("hello", with_depends=True)
    sets.publish(LATER)
    sets.sync("hello", with_depends=True)
    assert sets.fetched == {"hello_2.10-2_amd64.deb", "texinfo_1_amd64.deb"}


def test_a_sync_that_broke_off_goes_on(sets: Sets) -> None:
    body = sets.bench.archive.files.pop(f"/{WORLD.debs[2].path}")
    report = sets.sync("@essential")
    assert report.missing == 1
    sets.bench.archive.files[f"/{WORLD.debs[2].path}"] = body
    sets.sync("@essential", "hello")
    assert sets.fetched == HELLO | {"base_1_amd64.deb"}


def test_unmet_dependencies_are_said_and_end_nothing(sets: Sets) -> None:
    sets.publish(replace(WORLD, sources=(Source("lost", "1", build_depends="nowhere"),)))
    sets.sync("lost", with_depends=True)
    assert any("in no index: nowhere" in said for said in sets.bench.online.listener.said)


@pytest.mark.parametrize(("files", "pulled"), [("all", False), ("on-demand", True)])
def test_the_others_come_on_demand_or_not_at_all(sets: Sets, files: str, pulled: bool) -> None:
    sets.sync("hello", files=files)
    policy = sets.bench.online.policy(packages=("hello",), files=files)
    assert policy.pulls is pulled
    pull = PullThrough(sets.bench.online.stores, [policy] if policy.pulls else [])
    assert pull(Digest.of(WORLD.debs[2].data)) is pulled


def test_a_plan_counts_the_set_and_nothing_else(sets: Sets) -> None:
    online = sets.bench.online
    policy = online.policy(packages=("hello",), with_depends=True)
    planned = plan(policy, online.stores)
    report = sets.sync("hello", with_depends=True)
    assert planned.files == len(sets.fetched) == sum(run.files for run in report.runs)
    assert planned.size == sum(run.received for run in report.runs)
    assert plan(policy, online.stores).runs == ()
    assert plan(online.policy(packages=("hello", "@essential")), online.stores).files == 1
