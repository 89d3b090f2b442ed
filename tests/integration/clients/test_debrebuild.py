# SPDX-License-Identifier: GPL-3.0-or-later
"""devscripts' debootsnap and debrebuild, to whom the public services are our server.

They ask metasnap where packages lived, the snapshot service for the source and the packages, and
know no others: this machine's release only resolves in `make test`, the newest rebuilds in a drill.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faulty_upstream import FaultyUpstream
from tests.integration.cached_chroot import cached_chroot
from tests.integration.clients.conftest import Service
from tests.integration.clients.public_hosts import doorway, hosts_in, in_own_network
from tests.openpgp import ThrowawayKey, throwaway_key
from tests.small_archive import SmallArchive, World

__all__ = ["throwaway_key"]

pytestmark = [
    pytest.mark.serial,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root"),
]

PROGRAMS = ("usr/bin/debootsnap", "usr/bin/debrebuild")
#: What debrebuild calls without saying so, and what it says.
NEWEST = [
    "devscripts", "mmdebstrap", "equivs", "apt-utils", "arch-test", "python3-debian",
    "python3-requests", "python3-apt", "python3-pycurl", "libwww-perl", "libjson-perl",
    "libfile-homedir-perl", "libstring-shellquote-perl", "uidmap", "fakeroot", "mount",
]  # fmt: skip
#: As root of a chroot: our keys are Debian's, and this machine has a name with a domain.
SCRIPT = """
cp /exchange/hosts /etc/hosts
echo "127.0.0.1 $(hostname).example.org $(hostname)" >> /etc/hosts
rm /usr/share/keyrings/debian-archive-keyring.*
cp /exchange/keyring.gpg /usr/share/keyrings/debian-archive-keyring.gpg
echo DEBSNAP_BASE_URL=http://snapshot.debian.org > /etc/devscripts.conf
cd /exchange
debrebuild --builder=mmdebstrap --buildresult=/exchange/out *.buildinfo
"""


@contextmanager
def public_hosts(service: Service, root: Path, folder: Path, live: int) -> Iterator[Path]:
    """A door to our server for the programs of a system, and `hosts` beside it.

    All but the snapshot services are the live archive of the day, at a port of its own.
    """
    (folder / "hosts").write_text(hosts_in(*(root / name for name in PROGRAMS)))
    ours = dict.fromkeys(("snapshot.debian.org", "metasnap.debian.net"), service.port)
    with doorway(folder / "door", ours, live):
        yield folder / "door"


def run(
    service: Service, folder: Path, command: list[str | Path]
) -> subprocess.CompletedProcess[str]:
    """Run one of this machine's own programs."""
    tools = folder / "tools"
    tools.mkdir()
    # debootsnap wants it to be there, also where it does not call it.
    (tools / "equivs-build").write_text("#!/bin/sh\nexit 9\n")
    (tools / "equivs-build").chmod(0o755)
    (folder / "home").mkdir()
    (folder / "home/.devscripts").write_text("DEBSNAP_BASE_URL=http://snapshot.debian.org\n")
    with public_hosts(service, Path("/"), folder, service.port) as door:
        return subprocess.run(
            in_own_network(door, folder / "hosts", [str(word) for word in command]),
            env={
                "PATH": f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": str(folder / "home"),
                "LC_ALL": "C.UTF-8",
            },
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )


def test_debootsnap_finds_the_dates_that_a_record_needs(service: Service, tmp_path: Path) -> None:
    done = run(
        service,
        tmp_path,
        ["debootsnap", f"--buildinfo={service.record()}", "--sources-list-only"],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    # Two or more: it depends on what the machine's archive has replaced since.
    assert len(lines) >= 2
    stamps = [line.partition("/archive/debian/")[2][:16] for line in lines]
    assert sorted(stamps) == stamps
    assert set(stamps) <= {str(date) for date in service.fixture.dates}
    assert len(set(stamps)) == len(lines)


def test_debrebuild_says_which_dates_to_build_in(service: Service, tmp_path: Path) -> None:
    record = shutil.copy(service.record(), tmp_path)
    (tmp_path / "out").mkdir()
    words = ["debrebuild", "--builder=none", f"--buildresult={tmp_path}/out", record]
    done = run(service, tmp_path, words)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    place = "http://snapshot.debian.org/archive/debian"
    assert sum(f"{place}/{date}/" in done.stdout for date in service.fixture.dates) >= 2
    assert "dpkg-buildpackage" in done.stdout


@pytest.mark.drill
def test_the_newest_debrebuild_rebuilds_a_record_of_two_dates_bit_for_bit(
    service: Service, throwaway_key: ThrowawayKey, tmp_path: Path
) -> None:
    exchange = tmp_path / "exchange"
    (exchange / "out").mkdir(parents=True)
    shutil.copy(service.record(), exchange)
    (exchange / "keyring.gpg").write_bytes(
        throwaway_key.public() + service.fixture.keyring.read_bytes()
    )
    # It looks at what is new today first: there is nothing.
    today = SmallArchive(throwaway_key)
    today.publish(World((), suite="unstable", codename="unstable"), "/debian")
    with cached_chroot("sid", NEWEST) as chroot, FaultyUpstream(today.files) as live:
        port = int(live.url.rpartition(":")[2])
        with public_hosts(service, chroot.root, tmp_path, port) as door:
            shutil.copy(tmp_path / "hosts", exchange)
            client = chroot.command(
                ["sh", "-ec", SCRIPT], work=tmp_path / "work", exchange=exchange
            )
            done = subprocess.run(
                in_own_network(door, tmp_path / "hosts", client),
                capture_output=True,
                text=True,
                check=False,
            )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "all OK" in done.stdout
