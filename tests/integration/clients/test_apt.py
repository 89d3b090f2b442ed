# SPDX-License-Identifier: GPL-3.0-or-later
"""apt and mmdebstrap install from a dated suite, a suite signed again, and an environment.

Signatures are checked everywhere.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.cached_chroot import Chroot
from tests.integration.clients.conftest import Service
from tests.private_apt import private_apt, run_apt

pytestmark = [
    pytest.mark.serial,
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.geteuid() != 0, reason="mmdebstrap makes chroots as root here"),
]


def mmdebstrap(
    root: Path, keyring: Path, suite: str, source: str, *, variant: str = "apt"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            "mmdebstrap",
            "--mode=root",
            f"--variant={variant}",
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


@pytest.fixture(scope="module")
def dated(service: Service, fast_place: Path) -> Chroot:
    """A chroot of the oldest date."""
    fixture = service.fixture
    source = f"deb {service.dated()} {fixture.codename} main"
    done = mmdebstrap(fast_place / "dated", fixture.keyring, fixture.codename, source)
    assert done.returncode == 0, done.stderr[-3000:]
    return Chroot(fast_place / "dated")


def test_mmdebstrap_makes_a_chroot_of_a_dated_suite(dated: Chroot) -> None:
    assert any(package.startswith("dpkg=") for package in installed(dated.root))


def test_a_chroot_of_an_unknown_signer_is_refused(service: Service, tmp_path: Path) -> None:
    codename = service.fixture.codename
    stranger = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    source = f"deb {service.dated()} {codename} main"
    done = mmdebstrap(tmp_path / "root", stranger, codename, source)
    assert done.returncode != 0
    assert "NO_PUBKEY" in done.stderr


def test_mmdebstrap_makes_a_chroot_of_a_suite_signed_again(
    service: Service, fast_place: Path, tmp_path: Path
) -> None:
    codename, (_, own) = service.fixture.codename, service.keyrings(tmp_path)
    source = f"deb {service.dated(view='resigned')} {codename} main"
    done = mmdebstrap(fast_place / "resigned", own, codename, source, variant="essential")
    assert done.returncode == 0, done.stderr[-3000:]
    assert any(package.startswith("dpkg=") for package in installed(fast_place / "resigned"))


def test_mmdebstrap_installs_an_environment_of_two_dates(
    service: Service, fast_place: Path, tmp_path: Path
) -> None:
    identity = service.environment_of(service.record())
    members = {
        "{0}={2}".format(*line.split())
        for line in service.get(f"/environments/{identity}").decode().splitlines()[1:]
    }
    source = f"deb {service.url}/environments/{identity} {identity} main"
    _, own = service.keyrings(tmp_path)
    done = mmdebstrap(fast_place / "environment", own, identity, source, variant="essential")
    assert done.returncode == 0, done.stderr[-3000:]
    packages = installed(fast_place / "environment")
    assert packages
    assert packages <= members, "only what the environment holds was installed"
    assert "NO_PUBKEY" not in done.stderr


def archive_source(service: Service) -> str:
    return f"{service.dated()} {service.fixture.codename} main"


def resigned_source(service: Service) -> str:
    return f"{service.dated(view='resigned')} {service.fixture.codename} main"


def environment_source(service: Service) -> str:
    identity = service.environment_of(service.record())
    return f"{service.url}/environments/{identity}/ {identity} main"


@pytest.mark.parametrize(
    ("source", "signer"),
    [(archive_source, 0), (resigned_source, 1), (environment_source, 1)],
    ids=["archive", "resigned", "environment"],
)
def test_apt_installs_a_package(
    service: Service,
    dated: Chroot,
    tmp_path: Path,
    source: Callable[[Service], str],
    signer: int,
) -> None:
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    key = service.keyrings(exchange)[signer]
    (exchange / "key.gpg").write_bytes(key.read_bytes())
    script = f"""
        rm -rf /etc/apt/sources.list.d/*
        echo 'deb [signed-by=/exchange/key.gpg] {source(service)}' > /etc/apt/sources.list
        echo 'APT::Sandbox::User "root";' > /etc/apt/apt.conf.d/root
        ! patch --version 2> /dev/null
        apt-get -q update --error-on=any
        DEBIAN_FRONTEND=noninteractive apt-get -qy install patch
        patch --version
    """
    done = dated.run(["sh", "-exc", script], work=tmp_path / "work", exchange=exchange)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "GNU patch" in done.stdout


def test_apt_gets_the_source_that_is_built_in_an_environment(
    service: Service, tmp_path: Path
) -> None:
    case = next(case for case in service.fixture.cases if case.record)
    identity = service.environment_of(service.record())
    place = f"{service.url}/environments/{identity}/source/{case.package}_{case.version}/"
    root = tmp_path / "machine"
    _, own = service.keyrings(tmp_path)
    apt = private_apt(root, f"deb-src [signed-by={own}] {place} ./\n")
    for words in (["update"], ["source", "--download-only", f"{case.package}={case.version}"]):
        done = run_apt(root, [*apt, *words])
        assert done.returncode == 0, done.stdout + done.stderr
    dsc, *others = sorted((root / "work").iterdir(), key=lambda path: path.suffix != ".dsc")
    assert dsc.suffix == ".dsc"
    assert all(other.name in dsc.read_text("utf-8") for other in others)
