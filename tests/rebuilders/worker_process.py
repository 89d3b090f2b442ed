# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker in a process of its own: what a service manager would start, and what is killed."""

from __future__ import annotations

import sys
from pathlib import Path

from rebuilders.stop_switch import StopSwitch
from rebuilders.worker import run_worker
from rebuilders.worker_config import WorkerConfig


def main(server: str, folder: str, trees: str) -> None:
    """Work until killed or asked to end."""
    config = WorkerConfig(
        server=server,
        state=Path(folder) / "state",
        trees=Path(trees),
        disk=Path(trees),
        cache=Path(trees) / "cache",
        idle_delay=0.1,
    )
    stop = StopSwitch()
    with stop.on_signals():
        run_worker(config, stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
