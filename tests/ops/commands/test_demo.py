# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import signal
from pathlib import Path

import pytest

from ops import cli
from ops.commands import demo
from ops.demo.conduct import Stage
from snapshot.errors import Unsupported


def test_a_foreign_machine_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_cache: Path) -> None:
        raise Unsupported("the demo cannot run here; missing: Debian 12 or 13")

    monkeypatch.setattr(demo, "examine_ground", refuse)
    assert cli.run(["demo", "--cache", str(tmp_path / "cache")]) == 69
    assert "missing: Debian 12 or 13" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verdict", [0, 1])
def test_the_exit_code_says_whether_all_verdicts_were_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdict: int
) -> None:
    folders: list[Path] = []

    def conduct(stage: Stage, *, keep_serving: bool) -> int:
        assert not keep_serving
        folders.append(stage.data)
        assert stage.data.is_dir()
        return verdict

    monkeypatch.setattr(demo, "examine_ground", lambda _cache: None)
    monkeypatch.setattr(demo, "conduct", conduct)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert cli.run(["demo", "--no-serve", "--cache", str(tmp_path / "cache")]) == verdict
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not folders[0].exists()
