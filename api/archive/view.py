# SPDX-License-Identifier: GPL-3.0-or-later
"""Which view of the dated archives a request is in: as they were, or with Releases signed again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import request

if TYPE_CHECKING:
    from snapshot.timestamp import Timestamp


def view_root() -> str:
    """Where the addresses of the view begin: `/archive` or `/resigned`."""
    return "/resigned" if request.path.startswith("/resigned/") else "/archive"


def dated_address(archive: str, at: Timestamp | str, path: str) -> str:
    """The address of a path of a run, in the view that the request is in.

    Args:
        archive: Whose run.
        at: Its stamp, or an alias of it.
        path: Relative to its root; of a directory with a slash at the end.
    """
    return f"{request.script_root}{view_root()}/{archive}/{at}/{quote(path)}"
