# SPDX-License-Identifier: GPL-3.0-or-later
"""How bytes are made to survive a power cut.

One `fsync` per file is right for a few files; for a batch of thousands one `syncfs` of the
file system is ten times faster. Both report write-back errors (`syncfs` since Linux 5.8).
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

#: From this many files on, one syncfs is cheaper than their fsyncs.
BATCH = 16


class Durability(Protocol):
    """What a store asks of the operating system; tests put a power cut in its place."""

    def data(self, files: Collection[Path]) -> None:
        """Return when the contents of these files are on the disk.

        One that is gone was published by another thread meanwhile: that is no error.
        """
        ...

    def names(self, directories: Collection[Path]) -> None:
        """Return when the entries of these directories are on the disk."""
        ...


class Disk:
    """The real thing.

    Raises:
        OSError: From any method, when the disk refuses.
    """

    def data(self, files: Collection[Path]) -> None:
        """See `Durability.data`."""
        _flush(files)

    def names(self, directories: Collection[Path]) -> None:
        """See `Durability.names`."""
        _flush(directories)


def _flush(paths: Collection[Path]) -> None:
    if len(paths) >= BATCH and sync_file_system(next(iter(paths)).parent):
        return
    for path in paths:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_file_system(path: Path) -> bool:
    """One sync of the file system that holds a path.

    Returns:
        False where the C library has none.

    Raises:
        OSError: The disk refused.
    """
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        return False
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if call(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)
    return True
