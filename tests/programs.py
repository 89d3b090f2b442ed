# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin: which tests start a program, marked by what they use and held to it.

`make unit` is everything that needs no server, no program and no process of its own; it must stay
that way without anybody looking. So the functions by which Python starts a process are watched, and
a test that starts something without the mark `programs` fails, wherever it is run.

(An audit hook would see more, but `sys.settrace` is audited too: while the hook runs, another
thread that coverage begins to trace is refused its trace function, and a test fails of it.)
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Generator
from typing import Any

import pytest

#: Tests below these run real programs by design.
PLACES = ("tests/benchmarks/", "tests/end_to_end/", "tests/integration/")
#: Fixtures that start a program themselves, the first time.
FIXTURES = {"expired_key", "rclone", "seaweed", "small", "throwaway_key"}

_STARTS = (
    (subprocess.Popen, "__init__"),
    *((os, name) for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system")),
    *((os, name) for name in ("execv", "execve")),
)
_started: list[str] = []


def _watch(owner: Any, name: str) -> None:
    start = getattr(owner, name)
    if getattr(start, "is_watched", False):
        return

    @functools.wraps(start)
    def watched(*arguments: Any, **options: Any) -> Any:
        command = arguments[1] if owner is subprocess.Popen and len(arguments) > 1 else None
        # The standard library asks `uname -p` once a process (platform.py), for whoever is first.
        if command != ["uname", "-p"]:
            _started.append(f"{owner.__name__}.{name} {command or ''!r}")
        return start(*arguments, **options)

    watched.is_watched = True  # type: ignore[attr-defined]
    setattr(owner, name, watched)


def pytest_configure() -> None:
    for owner, name in _STARTS:
        _watch(owner, name)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.nodeid.startswith(PLACES) or not FIXTURES.isdisjoint(fixtures):
            item.add_marker("programs")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    started, _started[:] = list(_started), []
    allowed = item.get_closest_marker("programs") or item.get_closest_marker("postgresql")
    if started and not allowed and report.passed:
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} starts what `make unit` promises not to start: "
            f"mark it with @pytest.mark.programs.\n" + "\n".join(started)
        )
    return report
