# SPDX-License-Identifier: GPL-3.0-or-later
"""Where files are that nobody may trust yet.

Every process that writes has a directory of its own below `incoming/`, locked while the
process lives. A complete file waits there under its digest until its bytes are known to be
on the disk; only then is it renamed into `sha256/`. Whatever the lock no longer protects
was left by a process that died, perhaps in a power cut: it is hashed again or removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from storage.blobs.disk_errors import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = "lock"
_UNBORN = ".new-"


class Incoming:
    """This process's directory of files that are not trusted yet.

    Args:
        root: The common parent, `<blobs>/incoming`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._mutex = threading.Lock()
        self._directory: Path | None = None
        self._descriptor = -1

    def directory(self) -> Path:
        """The directory, made and locked on first use."""
        with self._mutex:
            if self._directory is None:
                self._directory = self._make()
            return self._directory

    def _make(self) -> Path:
        self._root.mkdir(parents=True, exist_ok=True)
        # Locked before it gets its name: `left_behind` never sees a live one unlocked.
        unborn = Path(tempfile.mkdtemp(prefix=_UNBORN, dir=self._root))
        descriptor = os.open(unborn / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._descriptor = descriptor
        final = self._root / unborn.name.removeprefix(_UNBORN)
        unborn.rename(final)
        return final

    @contextmanager
    def new_file(self) -> Iterator[tuple[int, Path]]:
        """A fresh file: its descriptor, closed at the end, and its path, removed on error."""
        with disk_errors(self._root, "storing a blob"):
            descriptor, name = tempfile.mkstemp(prefix="tmp-", dir=self.directory())
        try:
            yield descriptor, Path(name)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)

    @contextmanager
    def left_behind(self) -> Iterator[list[Path]]:
        """Files of processes that are gone, held locked for the block, then removed."""
        held: list[tuple[int, Path]] = []
        try:
            held = [(lock, path) for path in self._others() if (lock := _try_lock(path)) >= 0]
            yield [
                entry
                for _, directory in held
                for entry in sorted(directory.iterdir())
                if entry.name != _LOCK
            ]
            for _, directory in held:
                shutil.rmtree(directory, ignore_errors=True)
        finally:
            for lock, _ in held:
                os.close(lock)

    def _others(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        return [
            path
            for path in sorted(self._root.iterdir())
            if path != self._directory and not path.name.startswith(_UNBORN)
        ]

    def close(self) -> None:
        """Let go of the lock; remove the directory if nothing waits in it."""
        with self._mutex:
            if self._directory is None:
                return
            with suppress(OSError):  # somebody may have removed or moved it
                if [entry.name for entry in self._directory.iterdir()] == [_LOCK]:
                    (self._directory / _LOCK).unlink()
                    self._directory.rmdir()
            os.close(self._descriptor)
            self._directory = None


def _try_lock(directory: Path) -> int:
    """Descriptor of the lock of a directory whose owner is gone; -1 while it lives."""
    try:
        descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return -1  # being removed by somebody else
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return -1
    return descriptor
