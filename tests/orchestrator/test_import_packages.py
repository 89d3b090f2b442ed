# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from orchestrator.import_packages import Imported, file_name, import_packages
from orchestrator.lease import claim
from snapshot.errors import InvalidInput
from snapshot.wire import PackageReport, ReportedBinary, ReportedSource
from storage.ledger import Filter
from tests.orchestrator.reports import STOCK, Office
from tests.storage.ledger.samples import spread


def source(
    name: str, *, architecture: str = "amd64", component: str | None = "main"
) -> ReportedSource:
    base = f"http://mirror.example/pool/{name}_1_{architecture}"
    binary = ReportedBinary(name, "1", component, architecture, f"{base}.deb")
    # rebuilderd's importer lists an `all` package once per index that names it.
    return ReportedSource(name, "1", f"{base}.buildinfo", (binary, binary))


def take(
    office: Office,
    *packages: ReportedSource,
    release: str | None = "sid",
    architecture: str = "amd64",
) -> Imported:
    report = PackageReport("debian", release, architecture, packages)
    return import_packages(office.ledger, report, clock=office.clock, spread=spread)


def names(office: Office) -> list[str]:
    return [job.name for job in office.ledger.queue.page().records]


def test_new_packages_are_queued(office: Office) -> None:
    assert take(office, source("a"), source("b")) == Imported(2, 2, 2, 0)
    assert names(office) == ["a", "b"]


def test_the_same_binary_twice_in_one_body_is_one(office: Office) -> None:
    take(office, source("a"))
    assert office.ledger.packages.binaries().total == 1


def test_the_same_body_twice_changes_nothing(office: Office) -> None:
    take(office, source("a"), source("a"))
    before = office.ledger.queue.page()
    office.clock.now += 10
    assert take(office, source("a")) == Imported(1, 0, 0, 0)
    assert office.ledger.queue.page() == before
    assert office.ledger.packages.sources().total == 1


def test_a_null_component_twice_is_one_binary(office: Office) -> None:
    take(office, source("tails", component=None), release=None)
    office.clock.now += 10
    take(office, source("tails", component=None), release=None)
    (package,) = office.ledger.packages.binaries().records
    assert (package.component, package.release) == (None, None)


def test_what_is_no_longer_listed_leaves_the_queue_and_comes_back(office: Office) -> None:
    take(office, source("a"), source("b"))
    office.clock.now += 10
    assert take(office, source("b")).dropped == 1
    assert names(office) == ["b"]
    office.clock.now += 10
    assert take(office, source("a"), source("b")).queued == 1
    assert sorted(names(office)) == ["a", "b"]


def test_an_empty_report_unsees_everything_in_its_scope_only(office: Office) -> None:
    take(office, source("a"))
    take(office, source("b", architecture="all"), architecture="all")
    take(office, source("c"), release="trixie")
    office.clock.now += 10
    assert take(office).dropped == 1
    assert names(office) == ["b", "c"]


def test_a_job_that_a_person_asked_for_survives(office: Office) -> None:
    take(office, source("a"))
    office.ledger.queue.push(Filter(name="a"), priority=0, now=office.clock(), spread=spread)
    office.clock.now += 10
    assert take(office).dropped == 0
    assert names(office) == ["a"]


def test_a_running_job_survives(office: Office) -> None:
    take(office, source("a"))
    assert claim(office.dispatcher, office.worker(), STOCK) is not None
    office.clock.now += 10
    assert take(office).dropped == 0


def test_a_package_that_another_release_lists_keeps_its_place(office: Office) -> None:
    take(office, source("a"), release="sid")
    take(office, source("a"), release="trixie")
    office.clock.now += 10
    assert take(office, release="sid").dropped == 0
    office.clock.now += 10
    assert take(office, release="trixie").dropped == 1


def test_new_packages_may_be_told_to_wait(office: Office) -> None:
    report = PackageReport("debian", "sid", "amd64", (source("a"),))
    import_packages(office.ledger, report, clock=office.clock, spread=spread, initial_delay=3600)
    assert claim(office.dispatcher, office.worker(), STOCK) is None
    office.clock.now += 3600
    assert claim(office.dispatcher, office.worker(), STOCK) is not None


def test_urls_come_back_as_they_were_posted(office: Office) -> None:
    take(office, source("a"))
    found = claim(office.dispatcher, office.worker(), STOCK)
    assert found is not None
    assert found.job.input_url == "http://mirror.example/pool/a_1_amd64.buildinfo"
    assert found.artifacts[0].url == "http://mirror.example/pool/a_1_amd64.deb"


def test_file_names_are_the_last_segment_unquoted() -> None:
    assert file_name("http://m/pool/x_1%3a2%2bb1_amd64.deb?a=b#c") == "x_1:2+b1_amd64.deb"


@pytest.mark.parametrize(
    "url", ["", "http://m/", "http://m/pool/..", "http://m/%2e%2e%2fetc", "http://[/x"]
)
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        file_name(url)
