# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on this machine, told apart from what another run of these tests does."""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

_numbers = itertools.count(1)


def unique_seconds() -> str:
    """An argument for sleep(1) that no other process of the machine has."""
    return f"{90_000 + os.getpid()}.{next(_numbers)}"


def sleepers(seconds: str) -> list[int]:
    """Processes that sleep so long."""
    wanted = b"sleep\0" + seconds.encode() + b"\0"
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == wanted:
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def wake(seconds: str) -> None:
    """Let what waits for a sleeper go on."""
    for pid in sleepers(seconds):
        os.kill(pid, signal.SIGKILL)


def children() -> set[int]:
    """Processes that this one started and that still run."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == os.getpid():
            found.add(int(path.parent.name))
    return found


def mounts_below(*paths: Path) -> list[str]:
    """Mount points that lie in one of these directories."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [point for point in points if any(Path(point).is_relative_to(p) for p in paths)]
