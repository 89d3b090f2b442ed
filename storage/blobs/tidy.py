# SPDX-License-Identifier: GPL-3.0-or-later
"""What interrupted writers left below a local store, and nobody went on with."""

from __future__ import annotations

import fcntl
import os
import shutil
from typing import TYPE_CHECKING

from storage.blobs.disk_errors import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

_VALIDATOR = ".validator"
#: A directory that its maker has not locked yet (`storage.blobs.incoming`).
_UNBORN = ".new-"


def tidy(root: Path, before: float, *, remove: bool) -> tuple[int, int]:
    """Count, and remove if so told, half files and unborn directories.

    What a process that is gone left complete is not among them: `BlobStore.recover` takes it over.

    Args:
        root: Of the local store.
        before: Epoch second; what was written later stays.
        remove: Whether to remove.

    Returns:
        How many files or directories, and bytes.
    """
    count = size = 0
    with disk_errors(root, "removing interrupted downloads"):
        for path in _entries(root / "partial"):
            held = _half_file(path, before, remove=remove)
            if held is not None:
                count, size = count + 1, size + held
        for path in _entries(root / "incoming"):
            if _is_unborn(path, before):
                count += 1
                if remove:
                    shutil.rmtree(path, ignore_errors=True)
    return count, size


def _is_unborn(path: Path, before: float) -> bool:
    try:
        return path.name.startswith(_UNBORN) and path.stat().st_mtime < before
    except FileNotFoundError:  # it has its name now
        return False


def _half_file(path: Path, before: float, *, remove: bool) -> int | None:
    """Size of one that is old and that nobody writes; None: leave it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # Its writer holds this lock, or will find that the name no longer means the file.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = os.fstat(descriptor)
        if found.st_mtime >= before or _is_needed_note(path):
            return None
        if remove:
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}{_VALIDATOR}").unlink(missing_ok=True)
    except BlockingIOError:
        return None
    else:
        return found.st_size
    finally:
        os.close(descriptor)


def _is_needed_note(path: Path) -> bool:
    """Whether it says what a half file is half of; such a note goes with its file."""
    file = path.with_name(path.name.removesuffix(_VALIDATOR))
    return file != path and file.exists()


def _entries(directory: Path) -> list[Path]:
    return sorted(directory.iterdir()) if directory.is_dir() else []
