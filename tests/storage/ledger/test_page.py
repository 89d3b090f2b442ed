# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from snapshot.errors import InvalidInput
from storage.ledger import Filter, Ledger, Page
from tests.storage.ledger.samples import new_target, put


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Jobs 1 to 5, whose names run against their ids and meet in the middle."""
    put(ledger, *[new_target(name) for name in ("e", "d", "c")])
    put(ledger, new_target("c", version="3"), new_target("a"))
    return ledger


def ids(ledger: Ledger, page: Page, filters: Filter | None = None) -> list[int]:
    return [job.id for job in ledger.queue.page(filters or Filter(), page).records]


def test_without_a_sort_pages_go_by_id(filled: Ledger) -> None:
    assert ids(filled, Page(limit=2)) == [1, 2]
    assert ids(filled, Page(limit=2, after=2)) == [3, 4]
    assert ids(filled, Page(before=3)) == [1, 2]


def test_equal_values_are_told_apart_by_id(filled: Ledger) -> None:
    assert ids(filled, Page(sort="name")) == [5, 3, 4, 2, 1]
    assert ids(filled, Page(sort="name", after=3)) == [4, 2, 1]
    assert ids(filled, Page(sort="name", before=4)) == [5, 3]


def test_descending_does_not_flip_the_comparison(filled: Ledger) -> None:
    assert ids(filled, Page(sort="name", descending=True)) == [1, 2, 4, 3, 5]
    assert ids(filled, Page(sort="name", descending=True, before=2)) == [4, 3, 5]


def test_the_total_ignores_the_page_and_honours_the_filter(filled: Ledger) -> None:
    assert filled.queue.page(page=Page(limit=1)).total == 5
    assert filled.queue.page(Filter(name="c"), Page(limit=1)).total == 2
    assert filled.queue.page(page=Page(limit=0)).records == ()


def test_a_row_that_the_filter_leaves_out_has_nothing_behind_it(filled: Ledger) -> None:
    assert ids(filled, Page(sort="name", after=1), Filter(name="c")) == []


def test_an_unknown_sort_is_named(filled: Ledger) -> None:
    with pytest.raises(InvalidInput, match="invalid sort field: 'colour'"):
        filled.queue.page(page=Page(sort="colour"))


def test_a_negative_limit_is_refused(filled: Ledger) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        filled.queue.page(page=Page(limit=-1))
