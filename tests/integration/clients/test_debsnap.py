# SPDX-License-Identifier: GPL-3.0-or-later
"""devscripts' debsnap, pointed at us by its own setting."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from snapshot.digest import Digest
from tests.integration.clients.conftest import Service

pytestmark = [
    pytest.mark.serial,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("debsnap") is None, reason="debsnap is missing"),
]


def debsnap(service: Service, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (home / ".devscripts").write_text(f"DEBSNAP_BASE_URL={service.url}\n")
    return subprocess.run(
        ["debsnap", "--verbose", *arguments],
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_source_package_is_fetched_whole(service: Service, tmp_path: Path) -> None:
    case = next(case for case in service.fixture.cases if not case.record)
    done = debsnap(service, tmp_path, case.package, case.version)
    assert done.returncode == 0, done.stdout + done.stderr
    fetched = {path.name: Digest.of(path.read_bytes()) for path in tmp_path.glob("source-*/*")}
    (dsc,) = (name for name in fetched if name.endswith(".dsc"))
    pool = {p.name: p for p in service.fixture.www.rglob("*") if p.name in fetched and p.is_file()}
    assert {name: Digest.of(path.read_bytes()) for name, path in pool.items()} == fetched
    assert len(fetched) >= 2
    # The package is complete: dpkg-source checks every file that the .dsc names.
    unpacked = subprocess.run(
        ["dpkg-source", "--no-check", "-x", next(tmp_path.glob("source-*/*.dsc")), tmp_path / "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert unpacked.returncode == 0, dsc + unpacked.stderr


def test_binaries_of_a_package_are_fetched(service: Service, tmp_path: Path) -> None:
    name, version = service.fixture.lived
    done = debsnap(service, tmp_path, "--binary", name, version)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.glob(f"binary-{name}/{name}_*.deb"))


def test_a_version_that_never_was_is_refused_by_debsnap(service: Service, tmp_path: Path) -> None:
    done = debsnap(service, tmp_path, service.fixture.cases[0].package, "999-never")
    assert done.returncode == 2, done.stdout + done.stderr
