# SPDX-License-Identifier: GPL-3.0-or-later
"""The union of presences."""

from __future__ import annotations

import pytest

from snapshot.join_intervals import join_intervals
from tests.snapshot.archive_of import span


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        (["3-5", "1-2"], ["1-2", "3-5"]),
        (["1-3", "3-5"], ["1-5"]),
        (["1-9", "2-3", "8-"], ["1-"]),
        (["1-", "2-3"], ["1-"]),
        (["1-2", "1-2"], ["1-2"]),
    ],
)
def test_overlapping_and_touching_intervals_become_one(
    given: list[str], expected: list[str]
) -> None:
    assert join_intervals(span(words) for words in given) == tuple(span(w) for w in expected)
