# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking links away from the trees of `storage.layout`: of removed runs, of collected bytes.

A run disappears with one link. What it alone used is removed after that; a process that dies in
between leaves trees to which nothing leads, and the next call takes them.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from storage.blobs.disk_errors import disk_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp


def placed_stamps(root: Path, archive: str) -> set[str]:
    """Every stamp that leads to a run, or that a run's tree is named by."""
    top = root / archive
    places = [place for place in (top, top / "runs") if place.is_dir()]
    return {name.partition(".")[0] for place in places for name in os.listdir(place)}  # noqa: PTH208  one pass, no objects


def remove_run(root: Path, archive: str, stamp: Timestamp, aliases: Iterable[Timestamp]) -> None:
    """Make a run disappear; nothing else ever answers under its stamps.

    Args:
        root: Of the layout.
        archive: Whose run.
        stamp: Its own stamp.
        aliases: Other stamps that led to it.
    """
    top = root / archive
    with disk_errors(top, f"removing {archive} {stamp}"):
        (top / str(stamp)).unlink(missing_ok=True)
        for alias in aliases:
            link = top / str(alias)
            # A stamp that another run has of its own leads elsewhere.
            if link.is_symlink() and str(link.readlink()) == str(stamp):
                link.unlink(missing_ok=True)
        for tree in (top / "runs").glob(f"{stamp}.*"):
            _remove_tree(tree)


def keep_releases(root: Path, archive: str, held: Collection[Digest]) -> int:
    """Remove the trees of Releases that no kept run has; returns how many.

    Only whoever holds the archive's lock may call it: nobody else makes trees.
    """
    names = {digest.hex for digest in held}
    place = root / archive / "releases"
    if not place.is_dir():
        return 0
    gone = [tree for tree in place.iterdir() if tree.name not in names]
    with disk_errors(place, "removing trees of Releases"):
        for tree in gone:
            _remove_tree(tree)
    return len(gone)


def unlink_file(root: Path, archive: str, path: str, digest: Digest) -> bool:
    """Take a name out of the shared pool if it means these bytes; whether it did."""
    link = root / archive / path
    if not path.startswith("pool/") or not link.is_symlink() or link.readlink().name != digest.hex:
        return False
    with disk_errors(link.parent, f"removing {path}"):
        link.unlink(missing_ok=True)
    with suppress(OSError):  # directories that are not empty stay
        for parent in link.parents:
            if parent == root / archive:
                break
            parent.rmdir()
    return True


def _remove_tree(tree: Path) -> None:
    """Under a name that leads nowhere first, so that nobody finds half of it."""
    aside = tree.with_name(f".{tree.name.lstrip('.')}-{secrets.token_hex(4)}")
    tree.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)
