# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bytes a request asks for: Range and If-Range (RFC 9110, sections 13.1.5 and 14).

apt resumes with `Range: bytes=N-` and `If-Range: <Last-Modified>`; others use the ETag. A
range that cannot be answered as one piece is ignored, which the standard allows and every
client understands: it gets the whole file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_if_range_header

if TYPE_CHECKING:
    from datetime import datetime

    from werkzeug.datastructures import Headers

_ONE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))")


def requested_range(
    headers: Headers, size: int, etag: str, modified: datetime | None
) -> tuple[int, int] | None:
    """The half-open range to send; None: everything.

    Args:
        headers: Of the request.
        size: Length of the file in bytes.
        etag: Its strong validator, without quotes.
        modified: Its modification time, whole seconds in UTC.

    Raises:
        RequestedRangeNotSatisfiable: Nothing of the file lies in the range (416).
    """
    match = _ONE.fullmatch(headers.get("Range", "").strip())
    if match is None or not _unchanged(headers, etag, modified):
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, stop = max(size - int(suffix), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        raise RequestedRangeNotSatisfiable(size)
    return start, stop


def _unchanged(headers: Headers, etag: str, modified: datetime | None) -> bool:
    """Whether If-Range, if given, holds: only exact matches do."""
    text = headers.get("If-Range")
    if text is None:
        return True
    if text.startswith("W/"):
        return False
    condition = parse_if_range_header(text)
    if condition.date is not None:
        return condition.date == modified
    return condition.etag == etag
