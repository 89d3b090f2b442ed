# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates as HTTP headers have them."""

from __future__ import annotations

from email.utils import parsedate_to_datetime


def read_http_date(text: str) -> float | None:
    """Read a date of a stranger's header.

    Args:
        text: Such as `Sat, 11 Jul 2026 10:16:37 GMT`; empty when there was none.

    Returns:
        Epoch seconds; None for anything that is no date.
    """
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
