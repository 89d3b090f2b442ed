# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints at the end what the drills counted: points of a kill, documents of an attack, faults.

A test says `record_property(FIGURE, (drill, counted))`; what belongs to one drill is added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pytest

FIGURE = "figure of a drill"


def add_up(properties: Iterable[tuple[str, object]]) -> dict[str, Counter[str]]:
    """Drill to what it counted, from the properties of all tests."""
    sums: dict[str, Counter[str]] = {}
    for name, value in properties:
        if name != FIGURE or not isinstance(value, list | tuple):
            continue
        drill, counted = value
        assert isinstance(counted, Mapping)
        sums.setdefault(str(drill), Counter()).update(counted)
    return sums


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    properties = [one for report in reports for one in getattr(report, "user_properties", ())]
    sums = add_up(properties)
    if sums:
        terminalreporter.section("figures of the drills")
        for drill, counted in sorted(sums.items()):
            words = ", ".join(f"{number:,} {what}" for what, number in counted.items())
            terminalreporter.write_line(f"{drill}: {words}")
