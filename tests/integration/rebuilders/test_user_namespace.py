# SPDX-License-Identifier: GPL-3.0-or-later
"""The same rebuild in a user namespace: what a worker without root does."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from snapshot.verdict import Status
from tests.rebuilders.rebuilding import Rebuilding

pytestmark = pytest.mark.xdist_group("rebuilds")

TOP = Path(__file__).resolve().parents[3]


def _some(top: Path) -> list[Path]:
    return [path for path in top.glob("*/tree/*/*") if not path.is_symlink()]


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root can")
def test_an_ordinary_user_rebuilds_with_subordinate_ids(
    rebuilding: Rebuilding, tmp_path: Path
) -> None:
    rebuilding.add_real("distro-info-data")
    user = pwd.getpwnam("nobody")
    # The subordinate ids exist only in a mount namespace: the machine's files stay as they are.
    (tmp_path / "subordinate").write_text("nobody:231072:65536\n")
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="dejabuild-tests-user-") as name:
        home = Path(name)
        os.chown(home, user.pw_uid, user.pw_gid)
        become = f"setpriv --reuid {user.pw_uid} --regid {user.pw_gid} --clear-groups"
        script = (
            'mount --bind "$1" /etc/subuid; mount --bind "$1" /etc/subgid; shift; '
            f'exec {become} env HOME=/nonexistent "$@"'
        )
        argv = ["unshare", "--mount", "sh", "-ec", script, "sh", str(tmp_path / "subordinate")]
        argv += [sys.executable, "-m", "tests.rebuilders.worker_process"]
        argv += [rebuilding.server.url, str(home), str(home / "trees")]
        process = subprocess.Popen(argv, cwd=TOP, stderr=subprocess.PIPE)
        try:
            deadline = time.monotonic() + 200
            while not rebuilding.server.reports and process.poll() is None:
                assert time.monotonic() < deadline, "no report"
                time.sleep(0.1)
            process.terminate()
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
            process.wait()
        assert rebuilding.server.reports, said.decode()
        assert rebuilding.server.report.status is Status.GOOD, rebuilding.log()[-3000:]
        files = [path.lstat() for path in _some(home / "trees/user/layers")]
        assert {status.st_uid for status in files} == {user.pw_uid}
        groups = {status.st_gid for status in files} - {user.pw_gid}
        assert groups, "/var/mail belongs to a group, which is a subordinate one outside"
        assert all(231072 <= group < 231072 + 65536 for group in groups)
