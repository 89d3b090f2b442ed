# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporary directories in memory, for tests that store much and would wait for a disk."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_SHARED = Path("/dev/shm")
_PREFIX = "dejabuild-mirror-"


@contextmanager
def in_memory() -> Iterator[Path]:
    """A directory that is gone with the block."""
    place = _SHARED if _SHARED.is_dir() else Path(tempfile.gettempdir())
    for old in place.glob(f"{_PREFIX}*"):  # of tests that were killed
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > 3600:
                shutil.rmtree(old, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(name="tmp_path")
def memory_path() -> Iterator[Path]:
    """Stands in for pytest's own `tmp_path` where a conftest imports it."""
    with in_memory() as path:
        yield path
