# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import threading
from dataclasses import dataclass

import pytest
from rich.console import Console

from ops.terminal_progress import TerminalProgress, terminal_progress


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_bars_and_messages_whole() -> None:
    terminal = Terminal()
    with terminal_progress(terminal, lambda: 0.0) as progress:
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


@dataclass
class Coming:
    """A download at some moment."""

    name: str = "pool/main/l/linux/linux-image-6.1_amd64.deb"
    host: str = "mirror.example"
    size: int = 90_000_000
    held: int = 0


def shown(progress: TerminalProgress, width: int) -> list[str]:
    printed = io.StringIO()
    Console(width=width, file=printed).print(progress.render())
    return printed.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_what_is_slow_stands_below_the_bar(width: int) -> None:
    now = [100.0]
    progress = TerminalProgress(Console(file=io.StringIO()), lambda: now[0])
    progress.phase("fetch")
    assert shown(progress, width) == ["fetch"]
    progress.plan(2000, 34_000_000_000)
    slow, quick = Coming(), Coming(name="pool/quick.deb")
    progress.began(slow)
    now[0] += 61
    progress.began(quick)
    slow.held = 12_000_000
    progress.received(12_000_000)
    progress.quiet("other.example", "throttled", now[0] + 30)
    lines = shown(progress, width)
    assert max(len(line) for line in lines) <= width
    assert len(lines) == 3
    if width >= 80:
        assert "0/2,000 files" in lines[0]
        assert "12.0 MB of 34.0 GB" in lines[0]
        assert "196.7 kB/s" in lines[0]
        assert "47:59:32 left" in lines[0]
        assert lines[1].startswith("  1:01  12.0 MB of 90.0 MB  mirror.example  linux-image-6.1")
        assert lines[2].startswith("  other.example throttled: left alone for 0:30")


def test_between_two_syncs_nothing_is_shown() -> None:
    progress = TerminalProgress(Console(file=io.StringIO()), lambda: 0.0)
    progress.plan(1, 1000)
    progress.finished("a", 1000)
    assert shown(progress, 80) == []
