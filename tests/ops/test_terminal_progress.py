# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import threading

from ops.terminal_progress import terminal_progress


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_bars_and_messages_whole() -> None:
    terminal = Terminal()
    with terminal_progress(terminal) as progress:
        progress.phase("fetch", "debian 20260711T101637Z [main]")

        def plan() -> None:
            for _ in range(50):
                progress.plan(1, 1000)

        threads = [threading.Thread(target=plan) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        progress.received(1000)
        progress.finished("a.deb", 1000)
        progress.say("a.deb: connection dropped at 10; resumed [206]")
    printed = terminal.getvalue()
    assert "fetch  debian 20260711T101637Z [main]" in printed
    assert "resumed [206]" in printed
    assert "1/200 files" in printed
