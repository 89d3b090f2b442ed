# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before anything is started; the rest: tests/integration/test_one_machine.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import cli


@pytest.mark.programs
@pytest.mark.parametrize(
    ("what", "code", "message"),
    [
        ("absent.buildinfo", 65, "absent.buildinfo: cannot be read: No such file or directory"),
        ("no-such-package", 66, "no-such-package: neither a build record nor an installed"),
    ],
)
def test_what_is_neither_file_nor_package_is_refused_at_once(
    what: str, code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    assert cli.run(["rebuild", what, "--data", str(data), "--apt-root", str(tmp_path)]) == code
    assert message in capsys.readouterr().err
    assert not data.exists()
