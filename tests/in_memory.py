# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporary directories in memory, for tests that store much and would wait for a disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_SHARED = Path("/dev/shm")


@pytest.fixture(name="tmp_path")
def memory_path() -> Iterator[Path]:
    """Stands in for pytest's own `tmp_path` where a conftest imports it."""
    path = Path(tempfile.mkdtemp(prefix="dejabuild-", dir=_SHARED if _SHARED.is_dir() else None))
    yield path
    shutil.rmtree(path, ignore_errors=True)
