# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test gets: no silent skips in CI, and serial tests that never meet one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer

pytest_plugins = [
    "tests.no_skips",
    "tests.programs",
    "tests.databases",
    "tests.kept_databases",
    "tests.translated_once",
    "tests.count_databases",
    "tests.object_stores",
    "tests.shared_trees",
    "tests.drill_figures",
]

# A slow moment of the machine is no fault: no test is measured by a clock.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

#: Where tests make chroots and whole servers: they are one queue, run by one process in order,
#: while the other process does the rest. (xdist's own groups are lost on pytest 9: the group is
#: written into a node id that nobody reads any more.)
SERIAL_PLACES = (
    "tests/benchmarks/",
    "tests/end_to_end/",
    "tests/integration/clients/",
    "tests/integration/rebuilders/",
    "tests/integration/test_busy_ledger.py",
    "tests/integration/test_many_claimants.py",
    "tests/integration/test_one_machine.py",
)
#: What takes long is begun first: at the end no process has to wait for another's last test.
LONG_PLACES = (*SERIAL_PLACES, "tests/integration/", "tests/fuzz/", "tests/properties/")


class OneQueueForSerialTests(LoadScopeScheduling):  # type: ignore[misc]
    """Serial tests are one scope; so is a file of small tests: what it shares is made once."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(SERIAL_PLACES):
            return "serial"
        return nodeid if nodeid.startswith("tests/integration/") else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Any:
    config.option.loadscopereorder = False  # xdist would begin with the files of most tests
    return OneQueueForSerialTests(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("serial") and not item.nodeid.startswith(SERIAL_PLACES):
            raise pytest.UsageError(f"{item.nodeid}: serial, and not in one of {SERIAL_PLACES}")
    items.sort(key=lambda item: _turn(item.nodeid))


def _turn(nodeid: str) -> int:
    turns = (n for n, place in enumerate(LONG_PLACES) if nodeid.startswith(place))
    return next(turns, len(LONG_PLACES))
