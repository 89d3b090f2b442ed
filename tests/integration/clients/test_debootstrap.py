# SPDX-License-Identifier: GPL-3.0-or-later
"""debootstrap from a dated suite and from one signed again.

It wants an `apt` in what it makes, so environments, which hold what a build needs, are not for it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.clients.conftest import Service

pytestmark = [
    pytest.mark.serial,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        shutil.which("debootstrap", path="/usr/sbin:/sbin") is None or os.geteuid() != 0,
        reason="debootstrap is missing, or not for this user",
    ),
]

VIEWS = [("archive", 0), ("resigned", 1)]


def debootstrap(
    service: Service, root: Path, view: str, keyring: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            "/usr/sbin/debootstrap",
            "--variant=minbase",
            "--merged-usr",
            f"--keyring={keyring}",
            *options,
            service.fixture.codename,
            root,
            service.dated(view=view),
        ],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("view", "signer"), VIEWS)
def test_a_base_system_is_resolved_fetched_and_verified(
    service: Service, fast_place: Path, tmp_path: Path, view: str, signer: int
) -> None:
    keyring, root = service.keyrings(tmp_path)[signer], fast_place / f"fetched-{view}"
    done = debootstrap(service, root, view, keyring, "--download-only")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    fetched = {path.name.partition("_")[0] for path in root.glob("var/cache/apt/archives/*.deb")}
    assert {"apt", "dpkg", "libc6", "perl-base"} <= fetched
    assert "Valid Release signature" in done.stdout


@pytest.mark.drill
@pytest.mark.parametrize(("view", "signer"), VIEWS)
def test_a_base_system_is_installed(
    service: Service, fast_place: Path, tmp_path: Path, view: str, signer: int
) -> None:
    keyring, root = service.keyrings(tmp_path)[signer], fast_place / f"installed-{view}"
    done = debootstrap(service, root, view, keyring)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "Base system installed successfully" in done.stdout
    apt = subprocess.run(["chroot", root, "apt-get", "--version"], capture_output=True, check=True)
    assert apt.stdout.startswith(b"apt ")
    shutil.rmtree(root)


def test_a_stranger_as_signer_is_refused(
    service: Service, fast_place: Path, tmp_path: Path
) -> None:
    _, own = service.keyrings(tmp_path)
    done = debootstrap(service, fast_place / "refused", "archive", own, "--download-only")
    assert done.returncode != 0
    assert "unknown key" in done.stdout + done.stderr
