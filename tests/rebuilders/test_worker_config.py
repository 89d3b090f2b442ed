# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

from rebuilders.worker_config import WorkerConfig, _is_ours, default_trees


def test_trees_are_in_memory_where_there_is_room_else_on_disk(tmp_path: Path) -> None:
    status = os.statvfs("/dev/shm")
    room = status.f_bavail * status.f_frsize >= 4 * 1024**3 and Path("/dev/shm").is_mount()
    own = Path(f"/dev/shm/dejabuild-{os.geteuid()}")
    there = own.exists()
    try:
        assert default_trees(tmp_path) == (own if room else tmp_path)
    finally:
        if not there and own.exists():
            own.rmdir()


def test_a_directory_that_somebody_else_put_there_is_not_used(tmp_path: Path) -> None:
    assert _is_ours(tmp_path / "new")
    assert _is_ours(tmp_path / "new")
    (tmp_path / "link").symlink_to(tmp_path / "new")
    assert not _is_ours(tmp_path / "link")
    (tmp_path / "file").touch()
    assert not _is_ours(tmp_path / "file")
    assert not _is_ours(Path("/var/mail")) or os.geteuid() == 0


def test_two_configurations_share_nothing_that_changes() -> None:
    one, two = (WorkerConfig("http://127.0.0.1:1", Path("s")) for _ in range(2))
    assert one.scripts is not two.scripts
    assert one.diffoscope == two.diffoscope
