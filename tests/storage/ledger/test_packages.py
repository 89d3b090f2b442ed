# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from snapshot.verdict import Status
from storage.ledger import Filter, Ledger, Page
from tests.storage.ledger.samples import (
    FAILED,
    GOOD,
    NOON,
    attempt,
    claimed,
    new_target,
    put,
    spread,
    worker,
)


def test_a_source_package_is_one_release_of_a_target(ledger: Ledger) -> None:
    put(ledger, new_target(release="sid"), new_target(release="trixie"))
    page = ledger.packages.sources()
    assert [(p.name, p.release, p.status) for p in page.records] == [
        ("hello", "sid", None),
        ("hello", "trixie", None),
    ]
    assert page.records[0].target_id == page.records[1].target_id
    assert ledger.packages.source(page.records[1].id) == page.records[1]
    assert ledger.packages.source(99) is None


def test_both_releases_show_the_verdict_of_their_target(ledger: Ledger) -> None:
    put(ledger, new_target(release="sid"), new_target(release="trixie"))
    recorded = ledger.attempts.record(attempt(claimed(ledger, worker(ledger))), spread=spread)
    for package in ledger.packages.sources().records:
        assert (package.status, package.build_id) == (Status.GOOD, recorded.attempt_id)
    for binary in ledger.packages.binaries().records:
        assert (binary.status, binary.build_id) == (Status.GOOD, recorded.attempt_id)
        assert binary.artifact_id is not None


def test_a_binary_of_a_failed_build_has_a_build_and_no_status(ledger: Ledger) -> None:
    put(ledger, new_target())
    recorded = ledger.attempts.record(
        attempt(claimed(ledger, worker(ledger)), FAILED), spread=spread
    )
    (package,) = ledger.packages.binaries().records
    assert (package.status, package.artifact_id) == (None, None)
    assert package.build_id == recorded.attempt_id


def test_binaries_are_found_as_repro_threshold_asks(ledger: Ledger) -> None:
    put(ledger, new_target("a"), new_target("b"))
    wanted = Filter(name="b", version="2.10-3", architecture="amd64")
    (package,) = ledger.packages.binaries(wanted).records
    assert (package.name, package.source, package.component) == ("b", "b", "main")
    assert ledger.packages.binary(package.id) == package
    assert ledger.packages.binary(99) is None


def test_binaries_sort_and_page_by_name(ledger: Ledger) -> None:
    put(ledger, *[new_target(name) for name in ("c", "a", "b")])
    seen: list[str] = []
    after = None
    while records := ledger.packages.binaries(page=Page(limit=2, sort="name", after=after)).records:
        seen += [package.name for package in records]
        after = records[-1].id
    assert seen == ["a", "b", "c"]


def test_binaries_are_filtered_by_status(ledger: Ledger) -> None:
    put(ledger, new_target("a"), new_target("b"))
    ledger.attempts.record(attempt(claimed(ledger, worker(ledger)), GOOD), spread=spread)
    good = ledger.packages.binaries(Filter(status=Status.GOOD)).records
    unknown = ledger.packages.binaries(Filter(status=Status.UNKNOWN, source_name="b")).records
    assert [p.name for p in good] == ["a"]
    assert [p.name for p in unknown] == ["b"]


def test_every_binary_comes_once_in_order(ledger: Ledger) -> None:
    put(ledger, *[new_target(f"package{number}") for number in range(30)])
    ids = [package.id for package in ledger.packages.every_binary()]
    assert ids == sorted(set(ids))
    assert len(ids) == 30


def test_distributions_releases_and_architectures(ledger: Ledger) -> None:
    put(ledger, new_target(release="sid"), new_target("x", release="", architecture="all"))
    assert ledger.packages.distributions() == ("debian",)
    assert ledger.packages.releases("debian") == (None, "sid")
    assert ledger.packages.architectures("debian") == ("all", "amd64")
    assert ledger.packages.architectures("debian", "sid") == ("amd64",)
    ledger.targets.unsee("debian", "sid", "amd64", before=NOON + 1, now=NOON)
    assert ledger.packages.releases("debian", seen_only=True) == (None,)
    assert ledger.packages.releases("fedora") == ()
    assert ledger.packages.distributions(seen_only=True) == ("debian",)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filter(distribution="debian", release="sid"), ["a", "b"]),
        (Filter(release="trixie"), ["c"]),
        (Filter(architecture="all"), ["b"]),
        (Filter(name="c", version="2.10-3"), ["c"]),
        (Filter(name="c", version="9"), []),
        (Filter(component="contrib"), ["a"]),
        (Filter(seen_only=False), []),
        (Filter(status=Status.UNKNOWN, seen_only=True), ["a", "b", "c"]),
    ],
)
def test_both_lists_are_narrowed_alike(ledger: Ledger, filters: Filter, names: list[str]) -> None:
    put(
        ledger,
        new_target("a", component="contrib"),
        new_target("b", architecture="all"),
        new_target("c", release="trixie"),
    )
    assert [p.name for p in ledger.packages.sources(filters).records] == names
    assert [p.name for p in ledger.packages.binaries(filters).records] == names


def test_there_is_no_binary_and_no_source_of_an_unknown_id(ledger: Ledger) -> None:
    assert ledger.packages.binary(1) is None
    assert ledger.packages.source(1) is None
    assert list(ledger.packages.every_binary()) == []
