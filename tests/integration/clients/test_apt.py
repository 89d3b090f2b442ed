# SPDX-License-Identifier: GPL-3.0-or-later
"""apt and mmdebstrap install from a dated suite and from an environment, signatures checked."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.integration.clients.conftest import Service

pytestmark = [
    pytest.mark.serial,
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.geteuid() != 0, reason="mmdebstrap makes chroots as root here"),
]


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        data: bytes = answer.read()
    return data


def posted_environment(service: Service) -> str:
    """Post the record that needs two dates at once; give the id of its environment."""
    case = next(case for case in service.fixture.cases if case.record)
    request = urllib.request.Request(
        f"{service.url}/mr/buildinfo",
        data=service.fixture.record(case).read_bytes(),
        headers={"Content-Type": "text/plain"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    identity = found["environment"]
    return str(identity["id"] if isinstance(identity, dict) else identity)


def mmdebstrap(
    root: Path, keyring: Path, suite: str, source: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            "mmdebstrap",
            "--mode=root",
            "--variant=apt",
            "--format=directory",
            # Essential packages want /usr merged; mmdebstrap knows since when by suite names.
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
            f"--keyring={keyring}",
            '--aptopt=APT::Sandbox::User "root"',
            suite,
            root,
            source,
        ],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": str(root.parent), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )


def installed(root: Path) -> set[str]:
    done = subprocess.run(
        ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${Package}=${Version}\n"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_mmdebstrap_makes_a_chroot_of_a_dated_suite(service: Service, tmp_path: Path) -> None:
    fixture = service.fixture
    url = f"{service.url}/archive/{fixture.archive}/{fixture.dates[0]}"
    done = mmdebstrap(
        tmp_path / "root", fixture.keyring, fixture.codename, f"deb {url} {fixture.codename} main"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    packages = installed(tmp_path / "root")
    assert any(package.startswith("dpkg=") for package in packages)


def test_a_chroot_of_an_unknown_signer_is_refused(service: Service, tmp_path: Path) -> None:
    fixture = service.fixture
    url = f"{service.url}/archive/{fixture.archive}/{fixture.dates[0]}"
    stranger = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    done = mmdebstrap(
        tmp_path / "root", stranger, fixture.codename, f"deb {url} {fixture.codename} main"
    )
    assert done.returncode != 0
    assert "NO_PUBKEY" in done.stderr


def test_mmdebstrap_installs_an_environment_of_two_dates(service: Service, tmp_path: Path) -> None:
    identity = posted_environment(service)
    url = f"{service.url}/environments/{identity}"
    keyring = tmp_path / "key.asc"
    keyring.write_bytes(get(f"{service.url}/environments/key.asc"))
    members = {
        "{0}={2}".format(*line.split())
        for line in get(f"{service.url}/file/{identity}").decode().splitlines()[1:]
    }
    done = mmdebstrap(tmp_path / "root", keyring, "env", f"deb {url} env main")
    assert done.returncode == 0, done.stderr[-3000:]
    packages = installed(tmp_path / "root")
    assert packages
    assert packages <= members, "only what the environment holds was installed"
    assert "NO_PUBKEY" not in done.stderr
