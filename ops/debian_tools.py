# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Debian packages are needed for what: `ops/bootstrap/debian-tools.txt`, read for people.

The same file drives `ops/bootstrap/prepare.sh`, so that what is installed and what
`dejabuild doctor` reports cannot differ.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

PURPOSES: Final = ("run", "demo", "test", "bench", "drill")
"""Each needs what the ones before it need."""


@dataclass(frozen=True, slots=True)
class DebianTool:
    """One thing that is taken from Debian.

    Attributes:
        purpose: The first of `PURPOSES` that needs it.
        probe: A command, or an absolute path pattern.
        package: Debian package that brings it.
        reason: What it is for, in a few words.
    """

    purpose: str
    probe: str
    package: str
    reason: str

    def is_installed(self, path: str | None = None) -> bool:
        """Say whether it is here.

        Args:
            path: Directories to search, as in PATH; default: the process's own and the system's.

        Returns:
            Whether the command or the file was found.
        """
        if self.probe.startswith("/"):
            return bool(glob.glob(self.probe))  # noqa: PTH207  # an absolute pattern
        if path is None:
            path = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
        return shutil.which(self.probe, path=path) is not None


def debian_tools(purpose: str = "run") -> Iterator[DebianTool]:
    """Read the list.

    Args:
        purpose: One of `PURPOSES`.

    Yields:
        Every tool that the purpose needs.
    """
    wanted = PURPOSES[: PURPOSES.index(purpose) + 1]
    text = files("ops").joinpath("bootstrap/debian-tools.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            first, probe, package, reason = line.split(maxsplit=3)
            if first in wanted:
                yield DebianTool(first, probe, package, reason)


def missing_packages(purpose: str = "run") -> list[str]:
    """Name the packages that would have to be installed.

    Args:
        purpose: One of `PURPOSES`.

    Returns:
        Sorted package names.
    """
    return sorted({tool.package for tool in debian_tools(purpose) if not tool.is_installed()})
