# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from ops import cli
from ops.commands.campaign import campaign_line

CAMPAIGN: dict[str, Any] = {
    "name": "all",
    "done": 3,
    "targets": 10,
    "verdicts": {"GOOD": 2, "BAD": 1, "FAIL": 0, "UNKWN": 7},
    "jobs": {"running": 1, "queued": 4, "waiting": 2},
    "seconds_left": 600.0,
}


def test_a_line_says_how_far_a_campaign_is() -> None:
    assert campaign_line(CAMPAIGN) == (
        "all: 3 of 10 done (GOOD 2, BAD 1, UNKWN 7), 1 running, 6 to do, about 10 min left"
    )
    begun = {**CAMPAIGN, "verdicts": {}, "seconds_left": None}
    assert campaign_line(begun) == "all: 3 of 10 done (no verdict yet), 1 running, 6 to do"


def test_no_server_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    assert cli.run(["campaign", "status", "--server", url, "--data", str(tmp_path)]) == 75
    assert f"{url}: no answer" in capsys.readouterr().err
