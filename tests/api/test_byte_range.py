# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bytes a request asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from api.byte_range import requested_range

DATE = datetime(2026, 7, 11, 10, 16, 37, tzinfo=UTC)
HTTP_DATE = "Sat, 11 Jul 2026 10:16:37 GMT"


def ask(**headers: str) -> tuple[int, int] | None:
    given = Headers([(name.replace("_", "-"), value) for name, value in headers.items()])
    return requested_range(given, 100, "e7a9", DATE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-", (0, 100)),
        ("bytes=40-", (40, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-500", (10, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=0-1,5-6", None),
        ("bytes=9-8", None),
        ("lines=0-1", None),
        ("bytes=x", None),
        ("bytes=-", None),
        ("", None),
    ],
)
def test_one_range_is_understood_and_anything_else_means_everything(
    text: str, expected: tuple[int, int] | None
) -> None:
    assert ask(Range=text) == expected


@pytest.mark.parametrize("text", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_beyond_the_end_cannot_be_answered(text: str) -> None:
    with pytest.raises(RequestedRangeNotSatisfiable):
        ask(Range=text)


def test_a_resume_holds_only_while_nothing_changed() -> None:
    assert ask(Range="bytes=40-", If_Range=HTTP_DATE) == (40, 100)
    assert ask(Range="bytes=40-", If_Range='"e7a9"') == (40, 100)
    assert ask(Range="bytes=40-", If_Range=HTTP_DATE.replace(":37", ":38")) is None
    assert ask(Range="bytes=40-", If_Range='"other"') is None
    assert ask(Range="bytes=40-", If_Range='W/"e7a9"') is None


def test_a_changed_file_is_sent_whole_even_if_the_range_lies_beyond_it() -> None:
    assert ask(Range="bytes=400-", If_Range='"other"') is None
