# SPDX-License-Identifier: GPL-3.0-or-later
"""The newcomer's first command on a fresh Debian 13: a chroot with git, make and python3 only."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.apt_sources import read_apt_sources
from tests.house import TOP
from tests.integration.cached_chroot import cached_chroot

pytestmark = [
    pytest.mark.drill,
    pytest.mark.serial,
    pytest.mark.skipif(os.geteuid() != 0, reason="the chroot needs root"),
]

SCRIPT = """
set -e
# The machine's own way to the network, as on any machine: names, and whom pip believes.
cp /exchange/resolv.conf /etc/resolv.conf
cp /exchange/certificates /etc/ssl/certs/ca-certificates.crt
cp /exchange/sources.list /etc/apt/sources.list
mount -t tmpfs shm /dev/shm
# The root here is an overlay, and no overlay can be stacked on one: builds on disk need a real one.
mkdir /exchange/tmp
chmod 1777 /exchange/tmp
mount --bind /exchange/tmp /tmp
echo 'Acquire::Check-Valid-Until "false";' > /etc/apt/apt.conf.d/90mirror
apt-get -qq update
cd /exchange/dejabuild
exec make demo ARGS=--no-serve
"""


def sources(codename: str, other: str) -> str:
    """The machine's own sources of Debian, for another release."""
    lines = []
    for source in read_apt_sources():
        suites = [suite for suite in source.suites if suite.split("-")[0] == codename]
        lines += [f"deb {source.uri} {suite.replace(codename, other)} main\n" for suite in suites]
    return "".join(lines)


def test_the_demo_runs_on_a_fresh_debian_13(tmp_path: Path) -> None:
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    codename = release.partition("VERSION_CODENAME=")[2].split("\n")[0].strip('"')
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    shutil.copy("/etc/resolv.conf", exchange / "resolv.conf")
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", exchange / "certificates")
    (exchange / "sources.list").write_text(sources(codename, "trixie"))
    subprocess.run(["git", "clone", "--quiet", TOP, exchange / "dejabuild"], check=True)
    packages = ["ca-certificates", "git", "make", "mount", "python3", "python3-venv"]
    with cached_chroot("trixie", packages) as chroot:
        done = chroot.run(["sh", "-c", SCRIPT], work=tmp_path / "work", exchange=exchange)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "verdicts are the expected ones" in done.stdout
