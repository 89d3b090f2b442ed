# SPDX-License-Identifier: GPL-3.0-or-later
"""Take artifacts out of a directory that a stranger's build wrote.

A name there may be a link to any file of this machine, a device, a pipe, or a file with
holes of a petabyte. Only plain files are taken, and only up to a size.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from snapshot.errors import StorageFull

#: Larger artifacts are treated as absent, and the log says so.
LARGEST = 4 * 1024**3
_CHUNK = 1024 * 1024


def take_files(source: Path, names: Iterable[str], target: Path) -> dict[str, Path]:
    """Copy the plain files of the given names.

    Args:
        source: The build's directory.
        names: File names without directories; others are ignored.
        target: An empty directory of our own.

    Returns:
        The copies by name; what is absent or not a plain file is left out.

    Raises:
        StorageFull: No room for the copies.
    """
    taken: dict[str, Path] = {}
    folder = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for name in names:
            if "/" in name or name in ("", ".", ".."):
                continue
            if _copy(folder, name, target / name):
                taken[name] = target / name
    except OSError as error:
        raise StorageFull(f"no room to take artifacts out of the build: {error}") from error
    finally:
        os.close(folder)
    return taken


def plain_names(source: Path, suffixes: tuple[str, ...]) -> list[str]:
    """Names in a build's directory that end so and are plain files."""
    with os.scandir(source) as entries:
        return sorted(
            entry.name
            for entry in entries
            if entry.name.endswith(suffixes) and entry.is_file(follow_symlinks=False)
        )


def read_below(top: Path, *parts: str, limit: int = 4 * 1024 * 1024) -> bytes | None:
    """Read a small plain file below a directory, following no link on the way.

    Returns:
        None when a part is absent, a link, or the file is too large.
    """
    descriptor = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        stream = _open_plain(descriptor, parts[-1])
        if stream is None:
            return None
        with os.fdopen(stream, "rb") as file:
            data = file.read(limit + 1)
        return data if len(data) <= limit else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _copy(folder: int, name: str, target: Path) -> bool:
    descriptor = _open_plain(folder, name)
    if descriptor is None:
        return False
    with os.fdopen(descriptor, "rb") as stream, target.open("wb") as out:
        if os.fstat(descriptor).st_size > LARGEST:
            target.unlink()
            return False
        while chunk := stream.read(_CHUNK):
            out.write(chunk)
    return True


def _open_plain(folder: int, name: str) -> int | None:
    try:
        # Without O_NONBLOCK a pipe of that name would hold us for ever.
        descriptor = os.open(
            name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
        )
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return descriptor
