# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from ops.choose_server import choose_server
from ops.settings import ServerSettings, Settings


def test_the_server_that_is_named_is_asked_else_the_usual_address(tmp_path: Path) -> None:
    settings = Settings(server=ServerSettings(data=tmp_path, listen="0.0.0.0:1234"))
    assert choose_server(settings, "http://example.org/").base_url == "http://example.org"
    assert choose_server(settings, None).base_url == "http://127.0.0.1:1234"
