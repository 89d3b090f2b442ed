# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin: which tests start a program, marked by what they use and held to it.

`make unit` is everything that needs no server, no program and no process of its own; it must stay
that way without anybody looking. So each start is seen by the interpreter's own audit events, and
a test that starts something without the mark `programs` fails, wherever it is run.
"""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest

#: Tests below these run real programs by design.
PLACES = ("tests/benchmarks/", "tests/end_to_end/", "tests/integration/")
#: Fixtures that start a program themselves, the first time.
FIXTURES = {"expired_key", "small", "throwaway_key"}

_STARTS = {
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "pty.spawn",
    "subprocess.Popen",
}  # fmt: skip
_started: list[str] = []


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    # The standard library asks `uname -p` once a process (platform.py), for whoever is the first.
    if event in _STARTS and arguments[1:2] != (["uname", "-p"],):
        _started.append(f"{event} {arguments[1]!r}" if event == "subprocess.Popen" else event)


def pytest_configure() -> None:
    if not getattr(sys, "_dejabuild_listens", False):  # a hook stays for good: one is enough
        sys.addaudithook(_listen)
        sys._dejabuild_listens = True  # type: ignore[attr-defined]


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
