# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ops.read_settings import read_settings
from ops.settings import ArchiveSettings, ServerSettings, Settings, WorkerSettings
from ops.write_settings import write_settings

ODD = 'a "quoted" \\ path/ü'


def test_what_is_written_reads_back_equal(tmp_path: Path) -> None:
    settings = Settings(
        server=ServerSettings(data=tmp_path / ODD, catalogue="postgresql://u:p@127.0.0.1/x"),
        archive={
            "debian-security": ArchiveSettings(
                upstreams=("http://127.0.0.1/",), suites=("a", "b"), trust="none"
            )
        },
        worker=WorkerSettings(tags=("x",), idle=7.0, scripts={"a b": Path("/c")}),
    )
    path = tmp_path / "config.toml"
    write_settings(settings, path)
    assert replace(read_settings(path), source=None) == settings
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
