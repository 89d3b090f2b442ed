# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the local worker so that it cannot see the server's keys and databases.

As root: a mount namespace of its own in which an empty tmpfs lies over the data directory, with the
worker's own directory bound back into it; the settings file, which may name a database, is covered
too.
Without root the worker is the same user as the server, and nothing can be hidden from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

HIDE: Final = """
exec 3<"$2"
mount -t tmpfs -o size=64k,mode=755 hidden "$1"
mkdir -p "$2"
mount --no-canonicalize --bind /proc/self/fd/3 "$2"
exec 3<&-
mount -o remount,ro "$1"
[ -z "$3" ] || mount --bind /dev/null "$3"
shift 3
exec "$@"
"""
"""$1: data directory; $2: the worker's directory; $3: settings file or nothing; then the command.

The descriptor keeps the worker's directory reachable while the tmpfs covers it."""


def hide_server(
    command: tuple[str, ...], *, data: Path, worker: Path, config: Path | None, root: bool
) -> tuple[str, ...]:
    """Wrap a command so that it runs without sight of the server's files.

    Args:
        command: What is to be run.
        data: The data directory, which disappears.
        worker: The directory that stays visible, inside `data` or elsewhere; it exists.
        config: The settings file, which reads as empty; None when there is none.
        root: Whether this process may mount.

    Returns:
        The command that runs it.
    """
    if not root:
        return command
    unshare = ("unshare", "--mount", "--propagation", "slave", "--")
    hidden = "" if config is None else str(config)
    return (*unshare, "/bin/sh", "-ec", HIDE, "sh", str(data), str(worker), hidden, *command)
