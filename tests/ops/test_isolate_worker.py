# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ops.data_directory import DataDirectory
from ops.isolate_worker import hide_server

pytestmark = pytest.mark.programs


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    data = DataDirectory(tmp_path / "data")
    data.make()
    (data.worker / "mine").write_text("mine")
    (data.root / "ledger.sqlite").write_text("jobs")
    return data


def run(data: DataDirectory, script: str, config: Path | None = None, *, root: bool = True) -> str:
    command = hide_server(
        ("/bin/sh", "-c", script), data=data.root, worker=data.worker, config=config, root=root
    )
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@needs_root
def test_the_worker_sees_its_own_directory_and_nothing_else(data: DataDirectory) -> None:
    assert run(data, f"cd {data.root}; find . | sort").split() == [".", "./worker", "./worker/mine"]


@needs_root
def test_what_the_worker_writes_is_there_afterwards(data: DataDirectory) -> None:
    run(data, f"echo new > {data.worker}/new")
    assert (data.worker / "new").read_text() == "new\n"
    assert run(data, f"touch {data.root}/x 2>&1 || echo refused").splitlines()[-1] == "refused"


@needs_root
def test_a_worker_directory_elsewhere_stays_where_it_is(
    data: DataDirectory, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = hide_server(
        ("ls", str(data.root), str(elsewhere)),
        data=data.root,
        worker=elsewhere,
        config=None,
        root=True,
    )
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "ledger.sqlite" not in done.stdout


@needs_root
def test_a_database_password_in_the_settings_is_not_readable(
    data: DataDirectory, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("secret")
    assert run(data, f"cat {config}", config) == ""
    assert config.read_text() == "secret"


@needs_root
def test_no_mount_is_left_on_the_machine(data: DataDirectory) -> None:
    run(data, "true")
    assert str(data.root) not in Path("/proc/self/mounts").read_text()


def test_without_root_the_command_is_as_it_was(data: DataDirectory) -> None:
    assert "ledger.sqlite" in run(data, f"ls {data.root}", root=False)
