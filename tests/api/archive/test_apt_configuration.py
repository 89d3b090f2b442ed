# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for apt that apt itself understands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from storage.database import Database
from tests.api.archive_server import make_archive_server


@pytest.mark.programs
def test_apt_reads_the_lines_we_give_it(shared_database: Database, tmp_path: Path) -> None:
    server = make_archive_server(shared_database, base_url="https://snap.example")
    path = tmp_path / "apt.conf"
    path.write_bytes(server.client.get("/client/apt.conf").data)
    shown = subprocess.run(
        ["apt-config", "dump"],
        env={"APT_CONFIG": str(path), "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    prefix = "Acquire::Snapshots::URI"
    base = "https://snap.example/archive"
    assert f'{prefix}::Origin::Debian "{base}/debian/@SNAPSHOTID@/";' in shown
    assert (
        f'{prefix}::Override::Label::Debian-Security "{base}/debian-security/@SNAPSHOTID@/";'
        in shown
    )
