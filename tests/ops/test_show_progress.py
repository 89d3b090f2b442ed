# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import json

from ops.show_progress import shown_progress
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
