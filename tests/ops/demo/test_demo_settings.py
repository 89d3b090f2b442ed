# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from ops.demo.demo_settings import write_settings
from ops.read_settings import load_settings
from tests.ops.demo.test_fixture import fixture


def test_the_settings_are_those_an_operator_could_write(tmp_path: Path) -> None:
    path = write_settings(
        tmp_path / "demo.toml", fixture(tmp_path), "http://127.0.0.1:1", tmp_path / "data"
    )
    settings = load_settings(config=path, data=None)
    archive = settings.archive["debian"]
    assert archive.kind == "dated"
    assert archive.trust == "release"
    assert archive.suites == ("bookworm",)
    assert set(archive.architectures) == {"amd64", "all", "source"}
    assert settings.server.data == tmp_path / "data"


def test_databases_can_be_named(tmp_path: Path) -> None:
    urls = ("sqlite:////tmp/a", "sqlite:////tmp/b")
    path = write_settings(
        tmp_path / "demo.toml", fixture(tmp_path), "http://127.0.0.1:1", tmp_path, databases=urls
    )
    settings = load_settings(config=path, data=None)
    assert (settings.server.catalogue, settings.server.ledger) == urls
