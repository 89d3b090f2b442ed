# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild rebuild PACKAGE` with no archive configured: the machine's own is enough."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops.demo.fixture import Fixture
from ops.demo.upstream_server import UpstreamServer

pytestmark = [
    pytest.mark.serial,
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.geteuid() != 0, reason="the chroot needs root"),
]


def machine(root: Path, fixture: Fixture, upstream: str) -> str:
    """Make a machine that has a package of Debian installed; give the package's name."""
    case = next(case for case in fixture.cases if not case.record and case.expected.name == "GOOD")
    package = case.artifacts[0].name.partition("_")[0]
    (root / "etc/apt").mkdir(parents=True)
    (root / "var/lib/dpkg").mkdir(parents=True)
    shutil.copy(fixture.keyring, root / "key.gpg")
    # The newest date of the dated service, taken as a mirror of now.
    newest = f"{upstream}/archive/{fixture.archive}/{fixture.dates[-1]}"
    (root / "etc/apt/sources.list").write_text(
        f"deb [signed-by=/key.gpg] {newest} {fixture.codename} main\n"
    )
    (root / "var/lib/dpkg/status").write_text(
        f"Package: {package}\nStatus: install ok installed\nArchitecture: all\n"
        f"Source: {case.package} ({case.version})\nVersion: {case.version}\n"
    )
    return package


def test_an_installed_package_of_debian_is_rebuilt_bit_for_bit(
    real_packages: Fixture, shared_trees: Path, tmp_path: Path
) -> None:
    # What tests before it unpacked of the same date need not be unpacked again.
    config = tmp_path / "config.toml"
    config.write_text(f"[worker]\ntrees = {json.dumps(str(shared_trees))}\n")
    with UpstreamServer(real_packages.www) as upstream:
        package = machine(tmp_path / "machine", real_packages, upstream.url)
        done = subprocess.run(
            [
                *(sys.executable, "-P", "-m", "ops", "rebuild", package),
                *("--apt-root", str(tmp_path / "machine"), "--data", str(tmp_path / "data")),
                *("--config", str(config)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "\nGOOD  " in done.stdout
    assert "original from a verified index" in done.stdout
    assert "original known from the record only" not in done.stdout
