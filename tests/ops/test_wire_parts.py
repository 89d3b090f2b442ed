# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from api.app import create_app
from api.auth import check_binding
from ops.data_directory import DataDirectory
from ops.initialize import initialize
from ops.settings import ServerSettings, Settings
from ops.wire_parts import read_secrets, spread, wire_services
from snapshot.errors import ConfigurationError
from tests.ops.conftest import Mirrored


def test_both_halves_answer_over_what_was_mirrored(mirrored: Mirrored) -> None:
    client = create_app(wire_services(mirrored.settings)).test_client()
    assert client.get("/mr/package/").status_code == 200
    assert client.get("/api/v1/dashboard").status_code == 200
    assert client.get("/").status_code == 200
    assert client.post("/api/dejabuild/v1/rebuilds", data=b"").status_code == 403


@pytest.mark.programs
def test_an_emptied_signup_secret_opens_registration_on_loopback_only(tmp_path: Path) -> None:
    settings = Settings(server=ServerSettings(data=tmp_path / "d"))
    data = initialize(settings, clock=lambda: 1.7e9)
    check_binding("0.0.0.0", read_secrets(data))
    data.signup_secret.write_text("\n")
    secrets = read_secrets(data)
    assert secrets.may_sign_up(None)
    check_binding("127.0.0.1", secrets)
    with pytest.raises(ConfigurationError):
        check_binding("0.0.0.0", secrets)


def test_a_missing_secret_is_an_error_not_an_open_door(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.make()
    data.signup_secret.unlink()
    with pytest.raises(ConfigurationError, match="signup-secret"):
        read_secrets(data)


def test_jobs_are_spread_over_their_day() -> None:
    drawn = {spread() for _ in range(50)}
    assert len(drawn) > 40
    assert all(0 <= number < 2**31 for number in drawn)
