# SPDX-License-Identifier: GPL-3.0-or-later
"""A header of a stranger is a date or nothing."""

from __future__ import annotations

import pytest

from mirror.http_date import read_http_date


def test_a_date_is_epoch_seconds() -> None:
    assert read_http_date("Sat, 11 Jul 2026 10:16:37 GMT") == 1783764997.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "Sat, 99 Jul 2026 10:16:37 GMT",
        "Sat, 11 Jul 2026 10:16:37 +99999999999999999999",
        "\0" * 100,
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert read_http_date(text) is None
