# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops import cli
from tests.ops.conftest import Upstream


def test_one_round_queues_what_a_profile_chooses(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = small_upstream.world.codename
    extra = f'[profile.tools]\narchive = "debian"\nsuite = "{suite}"\ninclude = ["tool"]\n'
    config = small_upstream.settings(tmp_path, extra=extra)
    assert cli.run(["mirror", "sync", "--config", str(config)]) == 0
    capsys.readouterr()
    assert cli.run(["schedule", "--once", "--config", str(config)]) == 0
    assert "brought 1 new targets, 1 jobs queued" in capsys.readouterr().out
    assert cli.run(["schedule", "--once", "--config", str(config)]) == 0
    assert "brought 0 new targets, 0 jobs queued" in capsys.readouterr().out
