# SPDX-License-Identifier: GPL-3.0-or-later
"""Stanza difference: whatever the order of observation, the intervals are the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from snapshot.presence import Interval, plan_changes
from snapshot.stanza import iter_stanzas, split_stanzas, stanza_key
from snapshot.timestamp import Timestamp

LINES = st.lists(st.binary(max_size=4).filter(lambda b: b"\n" not in b), max_size=12)
Rows = dict[tuple[bytes, int], int | None]


@given(lines=LINES, cuts=st.lists(st.integers(0, 80), max_size=6))
def test_stanzas_do_not_depend_on_how_the_bytes_are_cut(
    lines: list[bytes], cuts: list[int]
) -> None:
    data = b"\n".join(lines)
    at = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    chunks = [data[a:b] for a, b in pairwise(at)]
    assert list(iter_stanzas(chunks)) == split_stanzas(data)


@given(stanzas=st.lists(st.binary(min_size=1, max_size=6).map(lambda b: b"P: " + b.hex().encode())))
def test_splitting_undoes_joining(stanzas: list[bytes]) -> None:
    assert split_stanzas(b"\n\n".join(stanzas) + b"\n") == stanzas


def observe(rows: Rows, index: bytes, stamp: int, seen: dict[int, bytes]) -> None:
    """Insert one observation the way the catalogue does, into rows (entry, first) → until."""

    def present(at: int | None) -> set[bytes] | None:
        if at is None:
            return None
        return {
            e for (e, first), until in rows.items() if first <= at and (until is None or at < until)
        }

    before = max((at for at in seen if at < stamp), default=None)
    after = min((at for at in seen if at > stamp), default=None)
    now = {stanza_key(stanza) for stanza in split_stanzas(index)}
    changes = plan_changes(now, present(before), present(after))

    def covering(entry: bytes, at: int | None) -> tuple[bytes, int]:
        assert at is not None
        return next(
            (e, first)
            for (e, first), until in rows.items()
            if e == entry and first <= at and (until is None or at < until)
        )

    for entry in changes.closed:
        rows[covering(entry, before)] = stamp
    for entry in changes.split:
        assert after is not None
        key = covering(entry, before)
        rows[(entry, after)] = rows[key]
        rows[key] = stamp
    for entry in changes.advanced:
        assert after is not None
        rows[(entry, stamp)] = rows.pop((entry, after))
    for entry in changes.opened:
        rows[(entry, stamp)] = after
    seen[stamp] = index


@settings(max_examples=60)
@given(
    history=st.lists(st.frozensets(st.sampled_from("abcd")), min_size=1, max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_backfill_in_any_order_gives_the_intervals_of_import_in_time_order(
    history: list[frozenset[str]], order: object
) -> None:
    observations = [
        (stamp, "\n\n".join(f"Package: {name}" for name in sorted(names)).encode())
        for stamp, names in enumerate(history, start=1)
    ]
    expected: Rows = {}
    seen: dict[int, bytes] = {}
    for stamp, index in observations:
        observe(expected, index, stamp, seen)
    shuffled = list(observations)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    rows: Rows = {}
    seen = {}
    for stamp, index in shuffled:
        observe(rows, index, stamp, seen)
    assert rows == expected
    for stamp, index in observations:
        there = {
            entry
            for (entry, first), until in rows.items()
            if Timestamp(stamp)
            in Interval(Timestamp(first), Timestamp(until) if until is not None else None)
        }
        assert there == {stanza_key(stanza) for stanza in split_stanzas(index)}
