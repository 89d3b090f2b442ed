# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newcomer does on a fresh Debian 13: `make demo`, in a chroot with nothing else in it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.apt_sources import read_apt_sources
from tests.house import TOP
from tests.integration.cached_chroot import cached_chroot

pytestmark = [pytest.mark.drill, pytest.mark.serial, pytest.mark.timeout(1800)]

NEWCOMER = ["ca-certificates", "git", "make", "mount", "python3", "python3-venv"]
SCRIPT = """
cp -a /exchange/etc/. /etc/
. /exchange/environment
mount -t tmpfs shm /dev/shm
# This root is an overlay, and none can be stacked on it: builds on disk need a real directory.
mkdir -m 1777 /exchange/tmp
mount --bind /exchange/tmp /tmp
apt-get -qq update
git clone --quiet /exchange/dejabuild.git /root/dejabuild
cd /root/dejabuild
make demo ARGS=--no-serve
"""


def test_the_demo_runs_on_a_fresh_debian_13(tmp_path: Path) -> None:
    exchange = tmp_path / "exchange"
    machine_facts(exchange)
    subprocess.run(
        ["git", "clone", "--quiet", "--bare", TOP, exchange / "dejabuild.git"], check=True
    )
    with cached_chroot("trixie", NEWCOMER) as chroot:
        done = chroot.run(["sh", "-ec", SCRIPT], work=tmp_path / "work", exchange=exchange)
    print(done.stdout)  # what the demo said, for who runs the drill with -rP
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "verdicts are the expected ones" in done.stdout


def machine_facts(exchange: Path) -> None:
    """How this machine reaches names, packages and registries: a chroot knows nothing of it."""
    etc = exchange / "etc"
    (etc / "apt/sources.list.d").mkdir(parents=True)
    for name in ("resolv.conf", "hosts", "pip.conf"):
        if Path("/etc", name).exists():
            shutil.copy(Path("/etc", name), etc / name)
    shutil.copytree("/etc/ssl/certs", etc / "ssl/certs", symlinks=False)
    own = Path.home() / ".config/pip/pip.conf"
    if own.exists():
        shutil.copy(own, etc / "pip.conf")
    (etc / "apt/apt.conf.d").mkdir()
    # A mirror may lag behind the validity of a moving release; its signature is checked.
    (etc / "apt/apt.conf.d/90mirror").write_text('Acquire::Check-Valid-Until "false";\n')
    stanzas = [
        f"deb {source.uri} {suite.replace(codename(), 'trixie')} main\n"
        for source in read_apt_sources()
        if "main" in source.components
        for suite in source.suites
        if suite in {f"{codename()}-updates", f"{codename()}-security"}
    ]
    (etc / "apt/sources.list.d/updates.list").write_text("".join(stanzas))
    told = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in told.items()]
    (exchange / "environment").write_text("".join(lines))


def codename() -> str:
    """The release of this machine."""
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    pytest.fail("this machine is no Debian release")
