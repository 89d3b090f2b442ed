# SPDX-License-Identifier: GPL-3.0-or-later
"""Where there is no build record, apt resolves one against the server's dated suite."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from snapshot.verdict import Reason, Status
from snapshot.wire import Derivation
from tests.rebuilders.dated_archive import lay_out
from tests.rebuilders.real_packages import DATA, Deb, RealPackages
from tests.rebuilders.rebuilding import Rebuilding

pytestmark = pytest.mark.xdist_group("rebuilds")

STAMP = "20260711T101637Z"
DERIVATION = Derivation("debian", STAMP, (("bookworm", "main"),))


@pytest.fixture(scope="module")
def current(real_packages: RealPackages) -> list[Deb]:
    """What base-files was built with, and what apt adds to that."""
    names = ("?essential", "build-essential", "fakeroot", "debhelper")
    packages = real_packages.apt.closure(names)
    return real_packages.debs((package.name, package.version) for package in packages)


@pytest.fixture
def suite(rebuilding: Rebuilding, current: list[Deb], tmp_path: Path) -> list[Deb]:
    """A suite that holds them."""
    debs = rebuilding.provide(current)
    lay_out(tmp_path / "archive", "debian", STAMP, debs)
    rebuilding.server.archive = tmp_path / "archive"
    return debs


def queue(rebuilding: Rebuilding, name: str, version: str, derive: Derivation) -> int:
    dsc = rebuilding.packages.source(name, version)
    rebuilding.server.add_source(dsc, name, version)
    originals = {deb.name: deb.read_bytes() for deb in (DATA / name).glob("*.deb")}
    return rebuilding.server.add_job(dsc.name, dsc, originals, build="any", derive=derive)


@pytest.mark.usefixtures("suite")
def test_a_published_package_without_a_record_comes_out_bit_for_bit(rebuilding: Rebuilding) -> None:
    queue(rebuilding, "base-files", "12.4+deb12u15", DERIVATION)
    rebuilding.work()
    report = rebuilding.server.report
    assert report.status is Status.GOOD, rebuilding.log()
    assert report.extension
    assert report.extension.strategy == "derived"
    # The server got the text of the set, whose digest the report names.
    environment = report.extension.environment
    assert environment is not None
    text = rebuilding.server.environments[environment.hex].decode()
    assert "\nfakeroot amd64 " in text
    assert "\ndebhelper all " in text


def test_a_dependency_that_the_suite_lacks_is_named(
    rebuilding: Rebuilding, suite: list[Deb], tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "archive")
    lay_out(
        tmp_path / "archive",
        "debian",
        STAMP,
        [deb for deb in suite if deb.member.name != "debhelper"],
    )
    queue(rebuilding, "base-files", "12.4+deb12u15", DERIVATION)
    rebuilding.work()
    report = rebuilding.server.report
    assert report.extension
    assert (report.status, report.extension.reason) == (Status.FAIL, Reason.DEPENDENCY_MISSING)
    assert "debhelper" in report.extension.detail


@pytest.mark.usefixtures("suite")
def test_a_suite_that_the_server_does_not_have_is_our_failure(rebuilding: Rebuilding) -> None:
    absent = Derivation("debian", "20200101T000000Z", (("bookworm", "main"),))
    queue(rebuilding, "base-files", "12.4+deb12u15", absent)
    rebuilding.work()
    report = rebuilding.server.report
    assert report.extension
    assert (report.status, report.extension.reason) == (Status.FAIL, Reason.ENVIRONMENT_SETUP)
