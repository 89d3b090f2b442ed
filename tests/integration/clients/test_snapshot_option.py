# SPDX-License-Identifier: GPL-3.0-or-later
"""Today's apt: its own `--snapshot`, and old Releases that it refuses but for our signature."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ops import cli
from ops.read_settings import load_settings
from snapshot.timestamp import Timestamp
from tests.faulty_upstream import FaultyUpstream
from tests.integration.cached_chroot import Chroot
from tests.integration.clients.conftest import Service
from tests.openpgp import ThrowawayKey
from tests.ops.environment_server import served
from tests.small_archive import Deb, SmallArchive, World

pytestmark = [
    pytest.mark.serial,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="the chroot needs root"),
]

SNAPSHOT = """
rm -rf /etc/apt/sources.list.d/*
echo 'APT::Sandbox::User "root";' > /etc/apt/apt.conf.d/root
echo "deb [signed-by=/exchange/keyring.gpg] {live} {suite} main" > /etc/apt/sources.list
/usr/lib/apt/apt-helper download-file {url}/client/apt.conf /etc/apt/apt.conf.d/50dejabuild
apt-get -q update
apt-get -q update --snapshot {stamp}
cd /exchange
apt-get -q download --snapshot {stamp} {package}={version}
apt-get -q install -y --snapshot {stamp} live-boot-doc
dpkg-query -W -f '${{Version}}\\n' live-boot-doc > installed
"""


def test_apt_takes_packages_of_a_date_by_its_own_option(
    service: Service, sid: Chroot, tmp_path: Path
) -> None:
    fixture, exchange = service.fixture, tmp_path / "exchange"
    exchange.mkdir()
    shutil.copy(fixture.keyring, exchange / "keyring.gpg")
    package, version = fixture.lived
    script = SNAPSHOT.format(
        live=service.dated(-1),
        suite=fixture.codename,
        url=service.url,
        stamp=fixture.dates[0],
        package=package,
        version=version,
    )
    done = sid.run(["sh", "-exc", script], work=tmp_path / "work", exchange=exchange)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert list(exchange.glob(f"{package}_{version.rpartition(':')[2]}_*.deb"))
    assert f"{service.dated(0)} {fixture.codename} InRelease" in done.stdout
    assert (exchange / "installed").read_text().strip()


OLD = """
rm -rf /etc/apt/sources.list.d/*
echo 'APT::Sandbox::User "root";' > /etc/apt/apt.conf.d/root
echo "deb [signed-by=/exchange/archive.gpg] {archive} bookworm main" > /etc/apt/sources.list
if apt-get -q update --error-on=any; then echo taken as it was; exit 1; fi
echo "deb [signed-by=/exchange/own.gpg] {resigned} bookworm main" > /etc/apt/sources.list
apt-get -q update --error-on=any
apt-get -qy install relic
cat /usr/share/relic > /exchange/relic
"""
SIGNED = 1_400_000_000  # May 2014: SHA-1 was still in use


class OldKey(ThrowawayKey):
    """One that signed with SHA-1, and expired long ago."""

    def __init__(self) -> None:
        super().__init__(made=SIGNED - 86400, expires="2016-01-01")

    def inline(self, text: bytes, *, at: int | None = None, digest: str = "SHA1") -> bytes:
        return super().inline(text, at=at or SIGNED, digest=digest)


def test_an_old_release_that_apt_refuses_installs_when_signed_again(
    sid: Chroot, tmp_path: Path
) -> None:
    key = OldKey()
    archive = SmallArchive(key)
    stamp = Timestamp(SIGNED - 3600)
    world = World(
        (Deb("relic", "1.0", "all"),), date=stamp, valid_until="Thu, 22 May 2014 00:00:00 UTC"
    )
    archive.publish_dated(str(stamp), world)
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    (exchange / "archive.gpg").write_bytes(key.public())
    key.close()
    with FaultyUpstream(archive.files) as upstream:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[server]\ndata = "{tmp_path}/data"\n[archive.debian]\n'
            f'upstreams = ["{upstream.url}"]\nkind = "dated"\n'
            f'keyring = "{exchange}/archive.gpg"\nsuites = ["bookworm"]\n'
        )
        assert cli.run(["init", "--config", str(config)]) == 0
        assert cli.run(["mirror", "sync", "--config", str(config)]) == 0
    with served(load_settings(config=config, environ={})) as url:
        got = sid.run(
            [
                "/usr/lib/apt/apt-helper",
                "download-file",
                f"{url}/resigned/key.gpg",
                "/exchange/own.gpg",
            ],
            work=tmp_path / "key",
            exchange=exchange,
        )
        assert got.returncode == 0, got.stderr
        script = OLD.format(
            archive=f"{url}/archive/debian/{stamp}", resigned=f"{url}/resigned/debian/{stamp}"
        )
        done = sid.run(["sh", "-exc", script], work=tmp_path / "work", exchange=exchange)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (exchange / "relic").stat().st_size == world.debs[0].size
