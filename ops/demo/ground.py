# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the demo can run on this machine, and what is missing if not."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ops.debian_tools import missing_packages
from ops.demo.machine_sources import MachineSource, machine_sources
from ops.demo.verify_links import tools_missing
from snapshot.errors import ConfigurationError, Unsupported

_RELEASES = ("12", "13")
# Lists, downloads, the upstream, the mirror's blobs and layers on disk.
_FREE_BYTES = 3 << 30


@dataclass(frozen=True, slots=True)
class Ground:
    """This machine, as far as the demo cares.

    Attributes:
        codename: Of its release.
        architecture: Of its packages.
        sources: Its apt sources of that release.
        root: Whether chroots can be made.
    """

    codename: str
    architecture: str
    sources: tuple[MachineSource, ...]
    root: bool


def examine_ground(cache: Path, root: Path = Path("/")) -> Ground:
    """Look at the machine.

    Args:
        cache: Where much will be stored.
        root: Root directory of the system looked at.

    Raises:
        Unsupported: Not Debian 12 or 13; names everything that is missing.
        ConfigurationError: Debian, but tools, space or apt sources are missing.
    """
    release = _os_release(root)
    name = release.get("PRETTY_NAME", platform.system())
    missing = [f"the Debian package {package}" for package in missing_packages("demo")]
    missing += [f"{tool} (in-toto, from PyPI)" for tool in tools_missing()]
    if release.get("ID") != "debian" or release.get("VERSION_ID") not in _RELEASES:
        wanted = [f"Debian {' or '.join(_RELEASES)} (this is {name})", *missing]
        raise Unsupported(
            f"the demo cannot run here; missing: {'; '.join(wanted)}",
            advice="it takes its packages from the machine's own Debian archive, with apt",
        )
    if missing:
        raise ConfigurationError(
            f"the demo cannot run yet; missing: {'; '.join(missing)}",
            advice="`make demo` installs all of it, as root",
        )
    _check_space(cache)
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    codename = release["VERSION_CODENAME"]
    sources = machine_sources(codename, root)
    return Ground(codename, architecture, sources, root=os.geteuid() == 0)


def _check_space(cache: Path) -> None:
    place = cache
    while not place.exists():
        place = place.parent
    status = os.statvfs(place)
    free = status.f_bavail * status.f_frsize
    if free < _FREE_BYTES:
        raise ConfigurationError(
            f"{place} has {free >> 20} MiB free, the demo needs {_FREE_BYTES >> 20} MiB",
            advice="make room, or name another place with DEJABUILD_CACHE",
        )


def _os_release(root: Path) -> dict[str, str]:
    path = root / "etc/os-release"
    if not path.is_file():
        return {}
    words = shlex.split(path.read_text("utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)
