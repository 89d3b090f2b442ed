# SPDX-License-Identifier: GPL-3.0-or-later
"""The directories of a worker that hold trees: layers, and one working tree per build.

::

    <memory>/<mode>/layers/…             exact unpacked sets, shared by all workers of a machine
    <memory>/<mode>/work/<job>-…/        one build: upper, scratch, root, area, left
    <memory>/<mode>/kept/…               what is worth having again, such as apt's lists
    <disk>/<mode>/work/<job>-…/          the same on disk, for a second opinion

A working tree is locked by the process that uses it; what a killed worker left is unlocked and
swept away by the next start. No mount outlives its processes, so there is none to undo.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rebuilders.debian.clear_tree import clear_as_mapped_root
from rebuilders.debian.identities import Identities
from snapshot.errors import DejabuildError

_KEPT = 4


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The directories of one build.

    Attributes:
        path: Holds all others.
    """

    path: Path

    @property
    def upper(self) -> Path:
        """Takes every change to the environment."""
        return self.path / "upper"

    @property
    def scratch(self) -> Path:
        """Overlay's own."""
        return self.path / "scratch"

    @property
    def root(self) -> Path:
        """Mount point."""
        return self.path / "root"

    @property
    def area(self) -> Path:
        """Where the build happens; the one directory that it may write."""
        return self.path / "area"

    @property
    def left(self) -> Path:
        """What was taken from the area, as plain files."""
        return self.path / "left"


class Workplace:
    """A worker's trees.

    Args:
        memory: Directory on tmpfs, or any other where there is none.
        disk: Directory on a real file system.
        identities: Whose files they are.
    """

    def __init__(self, memory: Path, disk: Path, identities: Identities) -> None:
        self.identities = identities
        self.in_memory = memory != disk
        self._memory = memory / identities.mode
        self._disk = disk / identities.mode
        self.layers = self._memory / "layers"
        for folder in (self.layers, self._memory / "work", self._disk / "work"):
            folder.mkdir(parents=True, exist_ok=True)
        # A directory in /dev/shm is everybody's to guess: nobody else may look into it.
        memory.chmod(0o700 if identities.mode == "root" else 0o711)

    @contextmanager
    def work_tree(self, name: str, *, on_disk: bool = False) -> Iterator[WorkTree]:
        """Directories for one build, gone afterwards."""
        parent = (self._disk if on_disk else self._memory) / "work"
        path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
        # The lock is taken before anything is worth sweeping; mkdtemp's name is new.
        with claimed(path) as held:
            if not held:
                raise RuntimeError(f"{path} is locked, though it is new")
            path.chmod(0o755)
            tree = WorkTree(path)
            for folder in (tree.upper, tree.scratch, tree.root, tree.area, tree.left):
                folder.mkdir()
                folder.chmod(0o755)
            try:
                yield tree
            finally:
                self.remove(path)

    @contextmanager
    def kept(self, name: str) -> Iterator[Path]:
        """A directory whose content outlives the job; one user at a time.

        Only the few used last are kept.
        """
        top = self._memory / "kept"
        path = top / name
        path.mkdir(parents=True, exist_ok=True)
        with claimed(path, wait=True):
            os.utime(path)
            others = sorted(top.iterdir(), key=lambda entry: entry.lstat().st_mtime)
            for other in others[:-_KEPT]:
                with claimed(other) as free:
                    if free:
                        self.remove(other)
            yield path

    def sweep(self) -> tuple[Path, ...]:
        """Remove what killed workers left; returns what was removed."""
        removed = []
        leftovers = [*self._memory.glob("work/*"), *self._disk.glob("work/*")]
        leftovers += self.layers.glob(".making-*")
        for path in leftovers:
            with claimed(path) as free:
                if free:
                    self.remove(path)
                    removed.append(path)
        return tuple(removed)

    def remove(self, path: Path) -> None:
        """Remove a tree, whoever its files belong to."""
        remove_tree(path, self.identities)


def remove_tree(path: Path, identities: Identities) -> None:
    """Remove a tree, whoever its files belong to."""
    if identities.id_map is not None:
        with contextlib.suppress(FileNotFoundError, DejabuildError):
            clear_as_mapped_root(path, identities.id_map)
    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def claimed(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold a directory; false when another process does, or it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)
