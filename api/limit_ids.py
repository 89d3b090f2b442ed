# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids in addresses are 32-bit; a larger number names nothing.

PostgreSQL refuses to compare such a number with an id, and Werkzeug's own `int(max=…)` ends
the search for a route, so it is looked at here, before any view.
"""

from __future__ import annotations

from flask import abort, request

from api.encode_response import empty

_LARGEST = 2**31 - 1


def refuse_large_ids() -> None:
    """End this request with an empty 404 if an id in its path is too large."""
    for value in (request.view_args or {}).values():
        if isinstance(value, int) and value > _LARGEST:
            abort(empty(404))
