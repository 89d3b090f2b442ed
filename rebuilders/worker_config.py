# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker must be told, and what it finds out itself."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rebuilders.capture_log import DEFAULT_LIMIT
from rebuilders.debian.layers import DEFAULT_LIMIT as LAYERS_LIMIT
from rebuilders.diffoscope import Diffoscope
from rebuilders.download_cache import DEFAULT_LIMIT as CACHE_LIMIT
from rebuilders.retry import RetryPolicy


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """Everything that a worker must be told.

    Attributes:
        server: Base URL.
        state: Directory for the key, unsent reports and the job in hand; one worker each.
        name: Shown on the server's pages; the host's name by default.
        signup_secret: The server's, if it asks for one.
        cache: Packages by digest; workers of a machine may share it.
        trees: Directory on tmpfs for layers and working trees; None finds one.
        disk: Directory on a real file system for the second opinion.
        tags: Capabilities that campaigns may ask for.
        architectures: As the server names them; the machine's own and `all` by default.
        scripts: Backend name to program, with rebuilderd's contract.
        idle_delay: Seconds between two questions when there is no work.
        ping_interval: Seconds between two signs of life during a job.
        jobs: End after so many jobs; None never.
        drain: End when there is no work.
        cache_limit: Bytes of `cache`.
        layers_limit: Bytes of layers.
        log_limit: Bytes of a build log.
        diffoscope: How differences are explained.
        retry: How long trouble with the server is borne within one request.
        clock: Seconds since 1970.
        say: Takes one line for people.
    """

    server: str
    state: Path
    name: str = ""
    signup_secret: str | None = None
    cache: Path | None = None
    trees: Path | None = None
    disk: Path | None = None
    tags: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    scripts: Mapping[str, Path] = field(default_factory=dict)
    idle_delay: float = 5.0
    ping_interval: float = 60.0
    jobs: int | None = None
    drain: bool = False
    cache_limit: int = CACHE_LIMIT
    layers_limit: int = LAYERS_LIMIT
    log_limit: int = DEFAULT_LIMIT
    diffoscope: Diffoscope = field(default_factory=Diffoscope)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Callable[[], float] = time.time
    say: Callable[[str], None] = _say


def default_trees(disk: Path) -> Path:
    """A directory in memory if there is room, else the one on disk."""
    memory = memory_with_room()
    if memory is None:
        return disk
    found = memory / f"dejabuild-{os.geteuid()}"
    return found if _is_ours(found) else disk


def memory_with_room() -> Path | None:
    """The machine's memory file system, when trees fit into it."""
    memory = Path("/dev/shm")  # noqa: S108  # the tmpfs that every Linux has
    room = 4 * 1024**3
    if os.path.ismount(memory) and os.access(memory, os.W_OK):
        status = os.statvfs(memory)
        if status.f_bavail * status.f_frsize >= room:
            return memory
    return None


def _is_ours(path: Path) -> bool:
    """Make a directory that only we can have made: its parent is everybody's to write."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        status = path.lstat()
        return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return True
