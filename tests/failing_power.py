# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that loses its power: what was never flushed is torn or gone afterwards."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from storage.blobs.durability import Disk


class PowerCut(BaseException):
    """The machine loses power at this instant."""


class FailingPower(Disk):
    """A disk that keeps exactly what was flushed, and loses power at one given flush.

    What was never flushed is torn: half of its bytes turn into zeros, which is what delayed
    allocation leaves of a file whose metadata reached the journal first. A link that was never
    flushed is gone.

    Args:
        cut_at: Flushes that succeed.
    """

    def __init__(self, cut_at: int) -> None:
        self.left = cut_at
        self.durable: set[int] = set()

    def data(self, files: Collection[Path]) -> None:
        self.flush(files)

    def names(self, directories: Collection[Path]) -> None:
        self.flush(directories)

    def flush(self, paths: Collection[Path]) -> None:
        """Contents of files, or entries of directories."""
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        self.durable |= {path.stat().st_ino for path in paths if path.exists()}

    def flush_links(self, root: Path) -> bool:
        """In place of `sync_file_system`: what is below a directory is kept from now on."""
        self.flush([])
        self.durable |= {path.lstat().st_ino for path in root.rglob("*")}
        return True

    def tear(self, root: Path) -> None:
        """Make of everything below a directory what the cut left of it."""
        for path in list(root.rglob("*")):
            if path.lstat().st_ino in self.durable:
                continue
            if path.is_symlink():
                path.unlink()
            elif path.is_file() and path.stat().st_size:
                body = path.read_bytes()
                path.chmod(0o644)
                path.write_bytes(body[: len(body) // 2].ljust(len(body), b"\0"))
