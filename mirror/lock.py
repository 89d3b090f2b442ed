# SPDX-License-Identifier: GPL-3.0-or-later
"""One sync per archive at a time; the second one is told who is at it.

Whoever relies on bytes that are in the store already, such as a sync that does not fetch them
again, shares another lock meanwhile, and whoever takes bytes away has that one alone.
"""

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


def archive_lock(locks: Path, archive: str) -> Path:
    """The lock of whoever changes an archive."""
    return locks / f"mirror-{archive}.lock"


def collection_lock(locks: Path) -> Path:
    """The lock of whoever takes bytes away, shared by those who rely on bytes."""
    return locks / "collect.lock"


@contextmanager
def storing(locks: Path, what: str) -> Iterator[None]:
    """Rely on stored bytes for the block: nobody collects them; waits while somebody does.

    Args:
        locks: Directory of lock files.
        what: What is being done, for an error.
    """
    path = collection_lock(locks)
    with disk_errors(path.parent, f"locking for {what}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> str | None:
    """Who holds a lock alone, in the words of `exclusive`; None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.pread(descriptor, 500, 0).decode("utf-8", "replace").strip()
        return said or "a process that has just begun"
    finally:
        os.close(descriptor)
    return None


@contextmanager
def exclusive(
    path: Path, what: str, *, now: float, wait: bool = False, others: str = "another one"
) -> Iterator[None]:
    """Hold a lock for the block; it goes with the process, however that ends.

    Args:
        path: The lock file; stays, since removing it would let two in.
        what: What is being done, such as `sync of debian`.
        now: Epoch seconds, told to whoever is refused.
        wait: Wait instead of being refused.
        others: Who else may hold it.

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
            said = os.pread(descriptor, 500, 0).decode("utf-8", "replace").strip()
            raise Busy(
                f"{what}: {others} is running: {said or 'it has just begun'}",
                advice="wait for it, or stop that process; nothing was changed",
            ) from None
        note = f"process {os.getpid()}, since {Timestamp(int(now))}\n".encode()
        with disk_errors(path.parent, f"locking for {what}"):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, note, 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
