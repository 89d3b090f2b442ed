# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests that rebuild for real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rebuilders.real_packages import RealPackages
from tests.rebuilders.rebuilding import Rebuilding
from tests.rebuilders.stand_in_server import stand_in_server


@pytest.fixture(scope="session")
def real_packages() -> RealPackages:
    return RealPackages()


@pytest.fixture
def rebuilding(
    real_packages: RealPackages, shared_trees: Path, tmp_path: Path
) -> Iterator[Rebuilding]:
    with stand_in_server() as server:
        yield Rebuilding(server, real_packages, tmp_path, shared_trees)
