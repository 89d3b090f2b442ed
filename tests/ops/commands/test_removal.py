# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild removal` from its command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import cli
from tests.ops.conftest import STAMPS, Upstream

pytestmark = pytest.mark.programs


def test_a_run_is_taken_out_and_listed(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(small_upstream.settings(tmp_path))]
    assert cli.run(["mirror", "sync", *config]) == 0
    capsys.readouterr()
    wanted = ["--run", f"debian/{STAMPS[1]}", "--legal", "--reason", "a court"]
    assert cli.run(["removal", "add", *wanted, *config]) == 0
    added = capsys.readouterr().out
    assert added.startswith("1  ")
    assert added.endswith("0 files, 1 runs, legal: a court\n")
    assert cli.run(["removal", "list", *config]) == 0
    assert capsys.readouterr().out == added


def test_nothing_is_not_taken_out(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(small_upstream.settings(tmp_path))]
    assert cli.run(["removal", "add", "--reason", "x", *config]) == 65
    assert "name a file by its hash, or a run" in capsys.readouterr().err
