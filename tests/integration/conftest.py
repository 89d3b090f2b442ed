# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the integration tests: the small signed archive that tests of `ops` have, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.openpgp import throwaway_key
from tests.ops.conftest import small_upstream
from tests.warm_python import WarmPython

__all__ = ["small_upstream", "throwaway_key"]


@pytest.fixture(scope="session")
def warm_pythons() -> Iterator[list[WarmPython]]:
    """Two, for two syncs at once; they import everything once for all tests of this process."""
    with ExitStack() as stack:
        yield [stack.enter_context(WarmPython()) for _ in range(2)]


@pytest.fixture(scope="session")
def python(warm_pythons: list[WarmPython]) -> WarmPython:
    """One of them."""
    return warm_pythons[0]
