# SPDX-License-Identifier: GPL-3.0-or-later
"""What one real worker unpacked, the next one need not unpack again.

A pytest plugin (loaded by `tests/conftest.py`). Unpacking an environment costs half a minute of
processor time, and tests in different folders want the same ones: those of this machine's archive.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rebuilders.debian.identities import find_identities
from rebuilders.debian.workplace import remove_tree


@pytest.fixture(scope="session")
def worker_memory() -> Iterator[Path]:
    """Stands in for the machine's memory file system; no worker of the machine sees it."""
    memory = Path("/dev/shm") if os.path.ismount("/dev/shm") else None
    path = Path(tempfile.mkdtemp(prefix="dejabuild-tests-", dir=memory))
    yield path
    remove_tree(path, find_identities())


@pytest.fixture(scope="session")
def shared_trees(worker_memory: Path) -> Path:
    """Where a worker keeps its trees that has `worker_memory` for the machine's."""
    trees = worker_memory / f"dejabuild-{os.geteuid()}"
    trees.mkdir(mode=0o700)
    return trees
