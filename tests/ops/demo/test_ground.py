# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.demo.ground import examine_ground
from snapshot.errors import Unsupported


def os_release(root: Path, text: str) -> Path:
    (root / "etc").mkdir()
    (root / "etc/os-release").write_text(text)
    return root


@pytest.mark.parametrize(
    "text",
    [
        'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\nID=debian\nVERSION_ID="11"\n',
        'PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\n',
        'PRETTY_NAME="Some Other 12"\nID=other\nVERSION_ID="12"\n',
        "",
    ],
)
def test_another_system_is_refused_with_what_is_missing(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unsupported, match="missing: Debian 12 or 13") as refusal:
        examine_ground(tmp_path, os_release(tmp_path, text))
    assert refusal.value.exit_code == 69
