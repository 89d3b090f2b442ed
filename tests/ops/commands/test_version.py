# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from importlib.metadata import version

import pytest

from ops import cli


def test_it_prints_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["version"]) == 0
    assert capsys.readouterr().out == f"dejabuild {version('dejabuild')}\n"
