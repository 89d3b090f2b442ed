# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from api.app import create_app
from ops import cli
from ops.commands.campaign import campaign_line
from ops.initialize import initialize
from ops.wire_parts import wire_services
from tests.ops.conftest import STAMPS, Mirrored

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


@pytest.fixture
def address(mirrored: Mirrored, tmp_path: Path) -> Iterator[str]:
    """A server of the small archive, which has no index of its own for `all`; no worker."""
    ledger = f"sqlite:///{tmp_path}/ledger.sqlite"
    settings = replace(mirrored.settings, server=replace(mirrored.settings.server, ledger=ledger))
    initialize(settings, clock=time.time)
    server = make_server("127.0.0.1", 0, create_app(wire_services(settings)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_campaign_waits_for_workers_and_the_same_again_queues_nothing(
    mirrored: Mirrored, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ["--server", address, "--config", str(mirrored.config)]
    suite = mirrored.upstream.world.codename
    order = ["campaign", "create", "tools", "--archive", "debian", "--suite", suite]
    for queued in (1, 0):
        assert cli.run([*order, "--include", "to*", *there]) == 0
        said = capsys.readouterr().out.splitlines()
        assert said[0] == f"{queued} jobs queued"
        assert said[-2] == "tools: 0 of 1 done (UNKWN 1), 0 running, 1 to do"
        assert said[-1] == f"  {address}/campaigns/tools"
    assert cli.run(["campaign", "status", "tools", *there]) == 0
    assert capsys.readouterr().out.startswith("tools: 0 of 1 done (UNKWN 1), 0 running, 1 to do\n")
    assert cli.run(["campaign", "status", *there]) == 0
    assert "tools: 0 of 1 done" in capsys.readouterr().out


def test_all_alone_is_found_in_the_indices_of_the_architectures(
    mirrored: Mirrored, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ["--server", address, "--config", str(mirrored.config)]
    order = ["campaign", "create", "only-all", "--archive", "debian", "--architecture", "all",
             "--suite", mirrored.upstream.world.codename, "--timestamp", STAMPS[0]]  # fmt: skip
    assert cli.run([*order, *there]) == 0
    assert "only-all: 0 of 1 done" in capsys.readouterr().out


def test_what_was_not_mirrored_is_named(
    mirrored: Mirrored, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ["--server", address, "--config", str(mirrored.config)]
    order = ["campaign", "create", "none", "--archive", "debian", "--suite", "absent"]
    assert cli.run([*order, *there]) == 66
    assert "absent" in capsys.readouterr().err
    assert cli.run(["campaign", "status", "none", *there]) == 66
