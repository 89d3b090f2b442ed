# SPDX-License-Identifier: GPL-3.0-or-later
"""A place in memory for the trees of one command's own worker, gone when the command ends.

Layers are worth keeping for a worker that comes back. One that was started for a single file does
not, and gigabytes of memory would stay behind. What a killed command left goes with the next one:
it holds no lock any more.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rebuilders.debian.identities import find_identities
from rebuilders.debian.workplace import claimed, remove_tree
from snapshot.errors import ConfigurationError


@contextmanager
def temporary_trees(memory: Path | None) -> Iterator[Path | None]:
    """Give a directory for `WorkerConfig.trees` and remove it with all that is in it.

    Args:
        memory: The memory file system (`memory_with_room`); None where there is none.

    Yields:
        A new directory; None without memory: the worker then works on disk, in its own directory.
    """
    if memory is None:
        yield None
        return
    prefix = f"dejabuild-{os.geteuid()}-once-"
    for left in memory.glob(f"{prefix}*"):
        with suppress(FileNotFoundError):  # two commands may sweep at once
            _sweep(left)
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=memory))
        with claimed(path) as held:
            # Another command may have swept it before it was locked.
            if not held or not path.exists():
                continue
            try:
                yield path
            finally:
                _remove(path)
            return


def _sweep(path: Path) -> None:
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return
    with claimed(path) as free:
        if free:
            _remove(path)


def _remove(path: Path) -> None:
    try:
        remove_tree(path, find_identities())
    except ConfigurationError:  # no worker could build here, so every file is our own
        shutil.rmtree(path, ignore_errors=True)
