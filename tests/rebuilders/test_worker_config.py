# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

from rebuilders.worker_config import WorkerConfig, default_trees


def test_trees_are_in_memory_where_there_is_room_else_on_disk(tmp_path: Path) -> None:
    found = default_trees(tmp_path)
    status = os.statvfs("/dev/shm")
    room = status.f_bavail * status.f_frsize >= 4 * 1024**3 and os.path.ismount("/dev/shm")
    assert found == (Path(f"/dev/shm/dejabuild-{os.geteuid()}") if room else tmp_path)


def test_two_configurations_share_nothing_that_changes() -> None:
    one, two = (WorkerConfig("http://127.0.0.1:1", Path("s")) for _ in range(2))
    assert one.scripts is not two.scripts
    assert one.diffoscope == two.diffoscope
