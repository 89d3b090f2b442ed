# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before anything is started; the rest: tests/integration/test_one_machine.py."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ops import cli


def test_a_taken_address_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        assert cli.run(["up", "--listen", place, "--data", str(tmp_path / "data")]) == 78
    assert "Address already in use" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
