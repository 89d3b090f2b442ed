# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds packages as a distribution's build machine would: clean chroot, recorded.

Run as a program, in mount and process namespaces of its own (see `official_builds`), so that no
mount or process outlives it however it ends. Deliberately made with other tools (mmdebstrap, apt)
than the rebuilder it gives work to: an oracle must not share its errors.

    unshare --mount --pid --fork --kill-child --mount-proc python -m ops.demo.official_chroot PLAN
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

_BUILD = """\
set -eu
merged=$1 command=$2 path=$3 dsc=$4
mount -t proc proc "$merged/proc"
mount --rbind /dev "$merged/dev"
ip link set lo up 2>/dev/null || true
cd /
exec chroot "$merged" setpriv --reuid=2000 --regid=2000 --clear-groups \\
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent USER=builder LOGNAME=builder \\
  LC_ALL=C.UTF-8 TZ=UTC DEB_BUILD_OPTIONS=parallel=2 \\
  sh -euc 'umask 022; cd /build/reproducible-path; dpkg-source --no-check -x "$2" "$1" >/dev/null
           cd "$1"; exec dpkg-buildpackage -us -uc --build="$0"' "$command" "$path" "$dsc"
"""
_INSTALL = """\
set -eu
merged=$1; shift
mount -t proc proc "$merged/proc"
mount --rbind /dev "$merged/dev"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
chroot "$merged" apt-get -q update
chroot "$merged" apt-get -q -y --no-install-recommends "$@"
"""


def main(plan_file: str) -> int:
    """Make the base chroot, then every build of the plan, two at a time.

    Args:
        plan_file: JSON, as `official_builds` writes it.

    Returns:
        0 when every build left a record.
    """
    plan: dict[str, Any] = json.loads(Path(plan_file).read_text("utf-8"))
    work = Path(plan["work"])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "demo", str(work)], check=True)
    base = work / "base"
    _bootstrap(plan, base)
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda build: _build(base, work, build), plan["builds"]))
    return 0 if all(results) else 1


def _bootstrap(plan: dict[str, Any], base: Path) -> None:
    command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=buildd", "--format=directory"]
    command += [f"--hook-dir={hook}" for hook in plan["hooks"]]
    if plan["include"]:
        command.append(f"--include={','.join(plan['include'])}")
    command += ['--aptopt=Acquire::Check-Valid-Until "false"', plan["codename"], str(base)]
    subprocess.run([*command, plan["base_source"]], check=True)
    keyring = base / "usr/share/keyrings/dejabuild-demo.gpg"
    keyring.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(plan["keyring"], keyring)
    for name, line in (("passwd", "builder:x:2000:2000::/nonexistent:/bin/sh"),
                       ("group", "builder:x:2000:")):  # fmt: skip
        with (base / "etc" / name).open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
    (base / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n", "utf-8")
    (base / "usr/sbin/policy-rc.d").chmod(0o755)


def _build(base: Path, work: Path, build: dict[str, Any]) -> bool:
    room = work / build["name"]
    merged = room / "merged"
    for folder in (room / "upper", room / "work", merged):
        folder.mkdir(parents=True)
    options = f"lowerdir={base},upperdir={room}/upper,workdir={room}/work"
    subprocess.run(["mount", "-t", "overlay", "-o", options, "demo", str(merged)], check=True)
    out = Path(build["out"])
    with (out / "log").open("wb") as log:
        done = _install(merged, build, log) and _compile(merged, build, log)
    if done:
        for path in sorted((merged / "build/reproducible-path").iterdir()):
            if path.suffix in (".deb", ".udeb", ".buildinfo"):
                shutil.copy(path, out / path.name)
    subprocess.run(["umount", "--lazy", str(merged)], check=True)
    shutil.rmtree(room)
    return done


def _install(merged: Path, build: dict[str, Any], log: Any) -> bool:
    place = merged / "build/reproducible-path"
    place.mkdir(parents=True)
    for file in build["source"]:
        shutil.copy(file, place)
    local = merged / "build/local"
    local.mkdir()
    for file in build["local"]:
        shutil.copy(file, local)
    os.chown(place, 2000, 2000)
    for path, text in build["files"].items():
        (merged / path).parent.mkdir(parents=True, exist_ok=True)
        (merged / path).write_text(text, "utf-8")
    (merged / "etc/apt/sources.list").write_text(build["apt_source"] + "\n", "utf-8")
    shutil.rmtree(merged / "etc/apt/sources.list.d", ignore_errors=True)
    (merged / "etc/apt/apt.conf.d/90demo").write_text(
        'Acquire::Check-Valid-Until "false";\nAPT::Sandbox::User "root";\n'
        'DPkg::Options { "--force-unsafe-io"; };\n',
        "utf-8",
    )
    debs = [f"/build/local/{Path(deb).name}" for deb in build["local"]]
    record = f"/build/reproducible-path/{build['dsc']}"
    requests = [["install", "fakeroot", *debs], ["build-dep", record]]
    for request in requests:
        command = ["unshare", "--mount", "sh", "-c", _INSTALL, "install", str(merged), *request]
        if subprocess.run(command, stdout=log, stderr=log, check=False).returncode:
            return False
    return True


def _compile(merged: Path, build: dict[str, Any], log: Any) -> bool:
    isolated = ["unshare", "--mount", "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child"]
    command = [*isolated, "sh", "-c", _BUILD, "build", str(merged), build["kind"], build["tree"]]
    command.append(f"/build/reproducible-path/{build['dsc']}")
    return subprocess.run(command, stdout=log, stderr=log, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
