# SPDX-License-Identifier: GPL-3.0-or-later
"""Says at the end how many tests of the rooms with a database ran on which; they must be equal."""

from __future__ import annotations

import re
from collections import Counter

import pytest

ROOMS = ("tests/storage/", "tests/orchestrator/")
_BACKEND = re.compile(r"\[(?:[^\]]*-)?(sqlite|postgresql)(?:-[^\]]*)?\]$")


def count_backends(nodeids: list[str]) -> Counter[str]:
    """Tests of `ROOMS` by the database in their name."""
    found = (_BACKEND.search(nodeid) for nodeid in nodeids if nodeid.startswith(ROOMS))
    return Counter(match.group(1) for match in found if match)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = [report.nodeid for report in terminalreporter.getreports("passed")]
    counts = count_backends(passed)
    if counts:
        terminalreporter.write_line(
            "storage and orchestrator: "
            f"{counts['sqlite']} passed on SQLite, {counts['postgresql']} on PostgreSQL"
        )
