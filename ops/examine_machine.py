# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at this machine for what dejabuild needs, and name the command that mends it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.apt_sources import read_apt_sources
from ops.data_directory import data_directory
from ops.debian_tools import debian_tools
from ops.settings import Settings
from snapshot.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: What was looked at.
        well: Whether it is as it should be.
        detail: What was found.
        mend: Command or action that puts it right; empty when it is well.
    """

    subject: str
    well: bool
    detail: str
    mend: str = ""


def examine(settings: Settings, *, purpose: str = "run") -> Iterator[Finding]:
    """Look at everything.

    Args:
        settings: What the operator set.
        purpose: One of `ops.debian_tools.PURPOSES`.

    Yields:
        One finding each, the well ones too.
    """
    yield _python()
    yield from _tools(purpose)
    yield _namespaces()
    yield _data(settings)
    yield from _archives(settings)


def _python() -> Finding:
    version = platform.python_version()
    well = sys.version_info >= (3, 11)
    return Finding("Python", well, version, "" if well else "apt-get install python3 python3-venv")


def _tools(purpose: str) -> Iterator[Finding]:
    missing = [tool for tool in debian_tools(purpose) if not tool.is_installed()]
    root = "" if os.geteuid() == 0 else "sudo "
    for tool in missing:
        yield Finding(
            tool.package,
            well=False,
            detail=f"missing: {tool.reason}",
            mend=f"{root}apt-get install --no-install-recommends {tool.package}",
        )
    if not missing:
        yield Finding("Debian tools", well=True, detail="all there")


def _namespaces() -> Finding:
    """Builds run in namespaces of their own; try it rather than guess from the kernel's version."""
    root = os.geteuid() == 0
    command = ["unshare", *([] if root else ["--user", "--map-root-user"]), "-m", "-n", "-p", "-f"]
    try:
        done = subprocess.run(
            [*command, "mount", "-t", "tmpfs", "none", "/mnt"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return Finding(
            "isolation", well=False, detail="no unshare", mend="apt-get install util-linux"
        )
    if done.returncode == 0:
        how = "as root" if root else "in a user namespace; the worker is not kept from your files"
        return Finding("isolation", well=True, detail=f"builds can be isolated, {how}")
    mend = (
        "give this machine CAP_SYS_ADMIN (a container needs --privileged)"
        if root
        else "sudo sysctl kernel.unprivileged_userns_clone=1, or rebuild as root"
    )
    detail = f"builds cannot be isolated here: {done.stderr.strip()}"
    return Finding("isolation", well=False, detail=detail, mend=mend)


def _data(settings: Settings) -> Finding:
    data = data_directory(settings)
    place = data.root
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        mend = "name another with --data, or run as its owner"
        return Finding(
            "data directory", well=False, detail=f"{data.root} cannot be written", mend=mend
        )
    if not data.auth_cookie.exists():
        mend = "nothing to do: `dejabuild init` or `dejabuild up` makes it"
        return Finding("data directory", well=True, detail=f"{data.root} will be made", mend=mend)
    room = os.statvfs(data.root)
    gib = room.f_bavail * room.f_frsize / 2**30
    if gib < 1:
        mend = "make room, or name another with --data"
        return Finding(
            "data directory", well=False, detail=f"{data.root}: {gib:.1f} GiB free", mend=mend
        )
    return Finding("data directory", well=True, detail=f"{data.root}: {gib:.0f} GiB free")


def _archives(settings: Settings) -> Iterator[Finding]:
    for name, archive in settings.archive.items():
        if archive.keyring is not None and not archive.keyring.is_file():
            mend = f"put the keyring there, or mend archive.{name}.keyring"
            detail = f"no keyring {archive.keyring}"
            yield Finding(f"archive {name}", well=False, detail=detail, mend=mend)
        else:
            yield Finding(f"archive {name}", well=True, detail=" ".join(archive.suites))
    if settings.archive:
        return
    try:
        sources = read_apt_sources(Path("/"))
    except InvalidInput as problem:
        yield Finding("apt", well=False, detail=problem.message, mend="mend that line")
        return
    if sources:
        suites = ", ".join(sorted({suite for source in sources for suite in source.suites}))
        yield Finding(
            "archives", well=True, detail=f"none set: `dejabuild up` takes apt's: {suites}"
        )
    else:
        mend = "add [archive.<name>] to the settings (docs/reference/settings.md)"
        yield Finding(
            "archives", well=False, detail="none set, and no apt to take them from", mend=mend
        )
