# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ops import cli
from ops.data_directory import DataDirectory


def test_an_address_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["serve", "--listen", "nowhere", "--data", str(tmp_path)]) == 78
    assert "server.listen: not an address and a port: 'nowhere'" in capsys.readouterr().err


@pytest.mark.programs
def test_an_open_registration_is_refused_beyond_loopback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = DataDirectory(tmp_path)
    data.make()
    data.signup_secret.write_text("")
    assert cli.run(["serve", "--listen", "0.0.0.0:0", "--data", str(tmp_path)]) == 78
    assert "signup" in capsys.readouterr().err


@pytest.mark.programs
def test_a_taken_address_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        assert cli.run(["serve", "--listen", place, "--data", str(tmp_path)]) == 78
    assert f"server.listen: {place}: Address already in use" in capsys.readouterr().err
