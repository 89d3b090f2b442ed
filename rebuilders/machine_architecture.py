# SPDX-License-Identifier: GPL-3.0-or-later
"""The name that Debian gives this machine's architecture."""

from __future__ import annotations

import os

_NAMES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "armhf",
    "i686": "i386",
    "ppc64le": "ppc64el",
    "riscv64": "riscv64",
    "s390x": "s390x",
    "loongarch64": "loong64",
}


def dpkg_architecture() -> str:
    """From the kernel's name; a name that is not known is passed through."""
    machine = os.uname().machine
    return _NAMES.get(machine, machine)
