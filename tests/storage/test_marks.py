# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks may keep too much, never too little."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snapshot.digest import Digest
from storage.marks import Marks

RAWS = st.lists(st.binary(min_size=32, max_size=32), max_size=50)


@given(RAWS, RAWS)
def test_what_is_marked_is_found_and_hardly_anything_else(
    marked: list[bytes], others: list[bytes]
) -> None:
    marks = Marks([*marked, *marked])
    assert all(Digest.from_raw(raw) in marks for raw in marked)
    starts = {raw[:8] for raw in marked}
    assert len(marks) == len(starts)
    for raw in others:
        assert (Digest.from_raw(raw) in marks) == (raw[:8] in starts)


def test_nothing_is_in_no_marks() -> None:
    assert Digest.of(b"") not in Marks([])
