# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test gets: no silent skips in CI, and serial tests that never meet one another."""

from __future__ import annotations

import importlib.util

import pytest

pytest_plugins = ["tests.no_skips"]
if importlib.util.find_spec("tests.databases"):
    pytest_plugins.append("tests.databases")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("serial"):
            # One xdist group is one queue: its tests run in one process, one after the other.
            item.add_marker(pytest.mark.xdist_group("serial"))
