# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

import rebuilders.worker
from ops import cli
from rebuilders.stop_switch import StopSwitch
from rebuilders.worker_config import WorkerConfig


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[WorkerConfig]:
    """What the worker was told, instead of letting it work."""
    configs: list[WorkerConfig] = []

    def run_worker(config: WorkerConfig, _: StopSwitch) -> int:
        configs.append(config)
        return 0

    monkeypatch.setattr(rebuilders.worker, "run_worker", run_worker)
    return configs


@pytest.mark.programs
def test_the_command_line_wins_over_the_settings(tmp_path: Path, told: list[WorkerConfig]) -> None:
    (tmp_path / "secret").write_text("word\n")
    config = tmp_path / "config.toml"
    config.write_text(
        "[worker]\nserver = 'http://127.0.0.1:1'\nname = 'set'\narchitecture = 'arm64'\n"
        f"signup_secret = '{tmp_path}/secret'\ntags = ['t']\ntrees = '/x'\n"
        "scripts = {tails = '/t'}\n"
    )
    arguments = ["worker", "--config", str(config), "--data", str(tmp_path / "d")]
    assert cli.run(arguments) == 0
    assert (
        cli.run([*arguments, "--server", "http://127.0.0.1:2", "--name", "said", "--jobs", "3"])
        == 0
    )
    first, second = told
    assert (first.server, first.name, first.jobs) == ("http://127.0.0.1:1", "set", None)
    assert (second.server, second.name, second.jobs) == ("http://127.0.0.1:2", "said", 3)
    assert first.signup_secret == "word"
    assert first.architectures == ("arm64", "all")
    assert first.tags == ("t",)
    assert first.scripts == {"tails": Path("/t")}
    assert first.state == tmp_path / "d/worker"
    assert first.trees == Path("/x")


def test_without_a_place_for_trees_the_worker_finds_one(
    tmp_path: Path, told: list[WorkerConfig]
) -> None:
    (tmp_path / "none.toml").write_text("")
    arguments = ["worker", "--config", str(tmp_path / "none.toml"), "--data", str(tmp_path / "d")]
    assert cli.run(arguments) == 0
    assert told[0].trees is None


def test_a_missing_secret_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    absent = str(tmp_path / "absent")
    assert cli.run(["worker", "--data", str(tmp_path), "--signup-secret", absent]) == 78
    assert f"{absent}: cannot be read" in capsys.readouterr().err
