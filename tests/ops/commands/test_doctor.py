# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops import cli
from ops.commands import doctor
from ops.examine_machine import Finding


@pytest.mark.parametrize(("well", "code"), [(True, 0), (False, 69)])
def test_the_exit_code_says_whether_something_is_missing(
    well: bool,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    finding = Finding("a tool", well=well, detail="found or not", mend="" if well else "do this")
    monkeypatch.setattr(doctor, "examine", lambda settings, purpose: [finding])
    assert cli.run(["doctor", "--data", str(tmp_path)]) == code
    printed = capsys.readouterr().out
    assert ("MISSING  a tool: found or not\n         → do this" in printed) is not well
