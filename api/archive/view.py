# SPDX-License-Identifier: GPL-3.0-or-later
"""Which view of the dated archives a request is in: as they were, or with Releases signed again."""

from __future__ import annotations

from flask import request


def view_root() -> str:
    """Where the addresses of the view begin: `/archive` or `/resigned`."""
    return "/resigned" if request.path.startswith("/resigned/") else "/archive"
