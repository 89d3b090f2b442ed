# SPDX-License-Identifier: GPL-3.0-or-later
"""sbuild with apt stubbed: one source line makes the chroot, another brings the source."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from snapshot.buildinfo import BuildInfo
from snapshot.digest import Digest
from tests.integration.clients.conftest import Service
from tests.private_apt import private_apt, run_apt

pytestmark = [
    pytest.mark.drill,
    pytest.mark.serial,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        shutil.which("sbuild") is None or os.geteuid() != 0,
        reason="sbuild is missing, or nobody can be made its user",
    ),
]

#: What a build needs does not bring the user that sbuild builds as.
USER = """
echo sbuild:x:900:900::/:/bin/sh >> "$1/etc/passwd"
echo sbuild:x:900:nobody,sbuild >> "$1/etc/group"
mkdir -m 2770 "$1/build"
chown 900:900 "$1/build"
"""
SETTINGS = "$apt_get = '/bin/true'; $apt_cache = '/bin/true'; $build_user = 'sbuild';\n1;\n"


def make_chroot(service: Service, identity: str, place: Path) -> None:
    """Everything that the environment holds, and nothing else."""
    keyring = place / "key.gpg"
    keyring.write_bytes(service.get("/environments/key.gpg"))
    text = service.get(f"/environments/{identity}").decode()
    members = ["{0}={2}".format(*line.split()) for line in text.splitlines()[1:]]
    done = subprocess.run(
        [
            "mmdebstrap", "--mode=root", "--variant=custom", "--format=tar",
            f"--include={','.join(members)}",
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
            f"--customize-hook={USER}",
            '--aptopt=APT::Sandbox::User "root"',
            identity, place / "chroot.tar",
            f"deb [signed-by={keyring}] {service.url}/environments/{identity}/ {identity} main",
        ],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": str(place), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def fetch_source(service: Service, identity: str, place: Path) -> Path:
    case = next(case for case in service.fixture.cases if case.record)
    address = f"{service.url}/environments/{identity}/source/{case.package}_{case.version}/"
    apt = private_apt(place / "apt", f"deb-src [signed-by={place}/key.gpg] {address} ./\n")
    for words in (["update"], ["source", "--download-only", case.package]):
        done = run_apt(place / "apt", [*apt, *words])
        assert done.returncode == 0, done.stderr
    (dsc,) = (place / "apt/work").glob("*.dsc")
    return dsc


def test_sbuild_builds_in_an_environment_bit_for_bit(service: Service, fast_place: Path) -> None:
    place, record = fast_place, BuildInfo.parse(service.record().read_bytes())
    identity = service.environment_of(service.record())
    make_chroot(service, identity, place)
    dsc = fetch_source(service, identity, place)
    (place / "sbuildrc").write_text(SETTINGS)
    # sbuild is for ordinary users; the subordinate ids exist in a mount namespace only.
    (place / "subordinate").write_text("nobody:231072:65536\n")
    (place / "home").mkdir()
    user = pwd.getpwnam("nobody")
    for path in (place, *place.rglob("*")):
        os.lchown(path, user.pw_uid, user.pw_gid)
    script = (
        f"mount --bind {place}/subordinate /etc/subuid; cd {place}/home; "
        f"mount --bind {place}/subordinate /etc/subgid; "
        f"exec setpriv --reuid {user.pw_uid} --regid {user.pw_gid} --clear-groups env -i "
        f"HOME={place}/home TMPDIR={place} SBUILD_CONFIG={place}/sbuildrc LC_ALL=C.UTF-8 "
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin "
        'sbuild --build=amd64 --no-arch-any --arch-all --chroot-mode=unshare "$@"'
    )
    words = [f"--chroot={place}/chroot.tar", "--dist=unstable", "--no-source", "--nolog"]
    words += [f"--no-{word}" for word in ("run-lintian", "run-piuparts", "run-autopkgtest")]
    words += [f"--no-apt-{word}" for word in ("update", "upgrade", "distupgrade")]
    words += ["--bd-uninstallable-explainer=", str(dsc)]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", script, "sh", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    built = {path.name: Digest.of(path.read_bytes()) for path in (place / "home").glob("*.deb")}
    assert built == {one.name: one.checksums.sha256 for one in record.checksums}
