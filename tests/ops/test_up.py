# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops.data_directory import DataDirectory
from ops.read_settings import read_settings
from ops.settings import ArchiveSettings, ServerSettings, Settings, WorkerSettings
from ops.supervise import Part
from ops.up import HOW_TO_ADD, plan_parts, take_own_archives
from snapshot.errors import ConfigurationError

ARCHIVE = ArchiveSettings(upstreams=("http://127.0.0.1:1/",), suites=("x",), trust="none")


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    data = DataDirectory(tmp_path / "data")
    data.make()
    return data


def settings(data: DataDirectory, **archives: ArchiveSettings) -> Settings:
    return Settings(
        server=ServerSettings(
            data=data.root, listen="127.0.0.1:1234", ledger="postgresql://u:p@h/d"
        ),
        archive=archives,
    )


def test_what_the_operator_set_is_not_added_to(data: DataDirectory, tmp_path: Path) -> None:
    given = settings(data, mine=ARCHIVE)
    prepared = take_own_archives(given, data, apt_root=tmp_path, architecture="amd64")
    assert prepared.settings == given
    assert prepared.notes == ()


def test_without_settings_apts_own_sources_are_taken(data: DataDirectory, tmp_path: Path) -> None:
    apt = tmp_path / "etc/apt"
    apt.mkdir(parents=True)
    (apt / "sources.list").write_text("deb [trusted=yes] http://127.0.0.1:1/debian x main\n")
    prepared = take_own_archives(settings(data), data, apt_root=tmp_path, architecture="amd64")
    assert list(prepared.settings.archive) == ["debian"]
    assert prepared.settings.archive["debian"].files == "on-demand"
    assert "archive debian: apt's own http://127.0.0.1:1/debian, x" in prepared.notes[0]


def test_without_apt_it_says_how_to_add_an_archive(data: DataDirectory, tmp_path: Path) -> None:
    prepared = take_own_archives(settings(data), data, apt_root=tmp_path, architecture="amd64")
    assert prepared.settings.archive == {}
    assert prepared.notes == (HOW_TO_ADD,)
    parts = plan_parts(prepared.settings, data, environ={}, root=False, worker=False)
    assert [part.name for part in parts] == ["api", "scheduler"]


def test_the_parts_are_separate_processes_with_one_settings_file(data: DataDirectory) -> None:
    given = settings(data, mine=ARCHIVE)
    environ = {"PATH": "/bin", "HOME": "/root", "DEJABUILD_CONFIG": "/else", "SECRET": "s"}
    parts = plan_parts(given, data, environ=environ, root=True, worker=True)
    assert [part.name for part in parts] == ["api", "scheduler", "mirror", "worker"]
    assert read_settings(data.run / "config.toml").server.ledger == given.server.ledger
    assert all("DEJABUILD_CONFIG" not in part.environment for part in parts)
    assert all("-P" in part.command for part in parts)


def test_trees_where_the_worker_cannot_see_them_are_refused(data: DataDirectory) -> None:
    def parts_with(trees: Path, *, root: bool = True) -> list[Part]:
        given = replace(settings(data), worker=WorkerSettings(trees=trees))
        return plan_parts(given, data, environ={}, root=root, worker=True)

    with pytest.raises(ConfigurationError, match=r"worker\.trees: .* lies in the data directory"):
        parts_with(data.root / "trees")
    for trees in (data.worker / "trees", data.root.parent / "trees"):
        parts_with(trees)
        assert read_settings(data.worker / "config.toml").worker.trees == trees
    parts_with(data.root / "trees", root=False)  # nothing is hidden from it


def test_the_worker_is_told_nothing_of_the_server_but_its_address(data: DataDirectory) -> None:
    environ = {"PATH": "/bin", "SECRET": "s"}
    (worker,) = [
        part
        for part in plan_parts(settings(data), data, environ=environ, root=True, worker=True)
        if part.name == "worker"
    ]
    assert dict(worker.environment) == {"PATH": "/bin"}
    assert worker.command[0] == "unshare"
    own = data.worker / "config.toml"
    text = own.read_text()
    assert "postgresql" not in text
    assert "auth-cookie" not in text
    told = read_settings(own)
    assert told.worker.signup_secret is not None
    assert told.worker.signup_secret.parent == data.worker
    assert told.worker.signup_secret.read_text() == data.signup_secret.read_text()
    assert told.worker.signup_secret.stat().st_mode & 0o777 == 0o600
