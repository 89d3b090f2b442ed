# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a worker that shares nothing with the server but HTTP."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.demo.demo_settings import write_worker_settings
from ops.demo.servants import program
from ops.isolate_worker import hide_server

if TYPE_CHECKING:
    from pathlib import Path

    from ops.demo.servants import Servant, Servants


@dataclass(frozen=True, slots=True)
class WorkerPlace:
    """What a worker has and what it must not see.

    Attributes:
        directory: Its own: key, downloads, unsent reports.
        data: The server's data directory; hidden from it.
        memory: Where it keeps what it unpacked; None: a memory file system that vanishes with
            it, however it ends.
    """

    directory: Path
    data: Path
    memory: Path | None = None


def start_worker(servants: Servants, place: WorkerPlace, server: str, config: Path) -> Servant:
    """Start a worker; as root it cannot see the server's keys, databases and settings.

    Args:
        servants: Keeps it.
        place: What it has.
        server: Where it takes jobs from.
        config: The server's settings file, hidden too.
    """
    secret = (place.data / "signup-secret").read_text("utf-8")
    own = write_worker_settings(place.directory, server, secret)
    command: tuple[str, ...] = (program(), "worker", "--config", str(own))
    root = os.geteuid() == 0
    if root:
        mount = '--bind "$0"' if place.memory else "-t tmpfs demo"
        script = f'mount {mount} /dev/shm; exec "$@"'
        command = ("sh", "-ec", script, str(place.memory or "sh"), *command)
    # What lies in the data directory is hidden with it.
    beside = None if config.is_relative_to(place.data) else config
    hidden = hide_server(command, data=place.data, worker=place.directory, config=beside, root=root)
    return servants.start_command("worker", hidden)
