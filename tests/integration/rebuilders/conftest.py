# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests that rebuild for real."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rebuilders.debian.identities import find_identities
from rebuilders.debian.workplace import Workplace
from tests.rebuilders.real_packages import RealPackages
from tests.rebuilders.rebuilding import Rebuilding
from tests.rebuilders.stand_in_server import stand_in_server


@pytest.fixture(scope="session")
def real_packages() -> RealPackages:
    return RealPackages()


@pytest.fixture(scope="session")
def shared_trees() -> Iterator[Path]:
    """Layers in memory, made once for all tests of this process."""
    memory = Path("/dev/shm") if os.path.ismount("/dev/shm") else None
    path = Path(tempfile.mkdtemp(prefix="dejabuild-tests-", dir=memory))
    yield path
    Workplace(path, path, find_identities()).remove(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def rebuilding(
    real_packages: RealPackages, shared_trees: Path, tmp_path: Path
) -> Iterator[Rebuilding]:
    with stand_in_server() as server:
        yield Rebuilding(server, real_packages, tmp_path, shared_trees)
