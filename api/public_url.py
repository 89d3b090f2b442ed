# SPDX-License-Identifier: GPL-3.0-or-later
"""The address under which the asking client reaches this server."""

from __future__ import annotations

from flask import request

from api.services import current_services


def public_url() -> str:
    """Without a trailing slash: the configured one, else the request's own."""
    return current_services().web.base_url or request.url_root.rstrip("/")
