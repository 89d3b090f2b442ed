# SPDX-License-Identifier: GPL-3.0-or-later
"""Headers that keep a browser from running what a stranger wrote into a page."""

from __future__ import annotations

from flask import Response

from api.encode_response import encode

#: Scripts, styles, pictures and forms from here only, nothing inline; nobody frames us.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def guard(response: Response) -> Response:
    """A page with these headers, compressed as the request asks; what is set already stays."""
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return encode(response)
