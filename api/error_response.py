# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table from our error tree to HTTP statuses, with one clear message each."""

from __future__ import annotations

from flask import Response

from snapshot.errors import (
    Busy,
    CorruptUpstream,
    DejabuildError,
    Denied,
    InvalidInput,
    NotFound,
    Removed,
    StorageFull,
    TransientError,
    Unsupported,
    VerificationError,
    Withheld,
)

_STATUS: tuple[tuple[type[DejabuildError], int], ...] = (
    (InvalidInput, 400),
    (Denied, 403),
    (Withheld, 451),
    (Removed, 410),
    (NotFound, 404),
    (Busy, 409),
    (CorruptUpstream, 502),
    (VerificationError, 422),
    (Unsupported, 501),
    (TransientError, 503),
    (StorageFull, 507),
)


def error_status(error: DejabuildError) -> int:
    """The HTTP status of an error; 500 for what a client can do nothing about."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def error_response(error: DejabuildError) -> Response:
    """The error as plain text: what happened, and what to do about it."""
    response = Response(f"{error}\n", status=error_status(error), mimetype="text/plain")
    if isinstance(error, TransientError):
        response.headers["Retry-After"] = str(int(error.retry_after or 5))
    return response
