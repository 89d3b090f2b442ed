# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops import cli


@pytest.mark.programs
def test_it_says_where_what_it_made_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["init", "--data", str(tmp_path / "d")]) == 0
    printed = capsys.readouterr().out
    for name in ("auth-cookie", "signup-secret"):
        assert str(tmp_path / "d" / name) in printed
        assert (tmp_path / "d" / name).read_text().strip() not in printed


def test_a_place_that_cannot_be_written_is_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert cli.run(["init", "--data", str(tmp_path / "file")]) == 78
    assert "the data directory cannot be made" in capsys.readouterr().err
