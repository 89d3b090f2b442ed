# SPDX-License-Identifier: GPL-3.0-or-later
"""One sync per archive at a time; the second one is told who is at it."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from snapshot.errors import Busy
from snapshot.timestamp import Timestamp
from storage.blobs.disk_errors import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def exclusive(path: Path, what: str, *, now: float, wait: bool = False) -> Iterator[None]:
    """Hold a lock for the block; it goes with the process, however that ends.

    Args:
        path: The lock file; stays, since removing it would let two in.
        what: What is being done, such as `sync of debian`.
        now: Epoch seconds, told to whoever is refused.
        wait: Wait instead of being refused.

    Raises:
        Busy: Somebody else holds it; names the process.
    """
    with disk_errors(path.parent, f"locking for {what}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.pread(descriptor, 500, 0).decode("utf-8", "replace").strip()
            raise Busy(
                f"{what}: another one is running: {holder or 'it has just begun'}",
                advice="wait for it, or stop that process; nothing was changed",
            ) from None
        note = f"process {os.getpid()}, since {Timestamp(int(now))}\n".encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note, 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
