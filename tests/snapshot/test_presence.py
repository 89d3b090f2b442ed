# SPDX-License-Identifier: GPL-3.0-or-later
"""One more observation changes exactly the rows it must."""

import pytest

from snapshot.errors import InvalidInput
from snapshot.presence import Interval, plan_changes
from snapshot.timestamp import Timestamp

T1, T2, T3 = (Timestamp(n) for n in (100, 200, 300))


def test_until_is_outside_the_interval() -> None:
    assert T1 in Interval(T1, T2)
    assert T2 not in Interval(T1, T2)
    assert T3 in Interval(T1, None)


def test_an_empty_interval_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Interval(T1, T1)


def test_the_first_observation_opens_everything() -> None:
    assert plan_changes({"a", "b"}, None, None).opened == {"a", "b"}


def test_an_unchanged_observation_changes_nothing() -> None:
    assert len(plan_changes({"a"}, {"a"}, {"a"})) == 0


def test_what_went_is_closed_and_what_came_is_opened() -> None:
    changes = plan_changes({"b", "c"}, {"a", "b"}, None)
    assert changes.closed == {"a"}
    assert changes.opened == {"c"}


def test_backfill_splits_a_hole_that_was_really_seen() -> None:
    changes = plan_changes(set(), {"a"}, {"a"})
    assert changes.split == {"a"}
    assert len(changes) == 1


def test_backfill_joins_a_later_row_instead_of_doubling_it() -> None:
    changes = plan_changes({"a"}, None, {"a"})
    assert changes.advanced == {"a"}
    assert len(changes) == 1
