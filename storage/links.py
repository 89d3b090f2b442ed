# SPDX-License-Identifier: GPL-3.0-or-later
"""Links and directories that appear, or change where they lead, at one instant."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def make_link(link: Path, target: str) -> None:
    """Make a link unless there is one."""
    link.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        link.symlink_to(target)


def link_each(place: Path, tree: Path) -> None:
    """Link every file of a tree below a place: beside them there will be others."""
    for where, _, names in os.walk(tree):
        for name in names:
            file = Path(where) / name
            link = place / file.relative_to(tree)
            make_link(link, os.path.relpath(file, link.parent))


def swap_link(link: Path, target: str) -> Path:
    """Point a link elsewhere by one rename."""
    if link.is_symlink() and str(link.readlink()) == target:
        return link
    link.parent.mkdir(parents=True, exist_ok=True)
    new = link.with_name(f".{link.name}-{secrets.token_hex(4)}")
    new.symlink_to(target)
    new.replace(link)
    return link


def new_aside(path: Path) -> Path:
    """A new directory beside a final name, to be renamed to it."""
    new = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    new.mkdir(parents=True)
    return new


def is_own_run(link: Path) -> bool:
    """Whether a stamp's link leads to a run of its own, not to another stamp."""
    return link.is_symlink() and str(link.readlink()).startswith("runs/")
