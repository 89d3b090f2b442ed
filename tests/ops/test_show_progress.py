# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import json
import threading

import pytest

from ops.show_progress import beside, shown_progress
from ops.terminal_progress import TerminalProgress


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_bars() -> None:
    with shown_progress(lambda: 0.0, Terminal()) as progress:
        assert isinstance(progress, TerminalProgress)


def test_a_log_gets_lines_of_json() -> None:
    log = io.StringIO()
    with shown_progress(lambda: 0.0, log) as progress:
        progress.phase("fetch", "debian")
        progress.say("resumed")
    assert json.loads(log.getvalue().splitlines()[0])["phase"] == "fetch"


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_a_command_may_write_its_own_lines_meanwhile(stream: io.StringIO) -> None:
    told: list[str] = []
    with shown_progress(lambda: 0.0, stream) as progress:
        progress.plan(1, 1)
        tell = beside(progress, told.append)
        tell("first")
        tell("second")
    assert told == ["first", "second"]


def test_a_log_is_looked_at_now_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = threading.Event()
    monkeypatch.setattr("ops.show_progress.TICK", 0.001)
    monkeypatch.setattr("mirror.progress.JsonLines.tick", lambda _self: looked.set())
    with shown_progress(lambda: 0.0, io.StringIO()):
        assert looked.wait(30)
