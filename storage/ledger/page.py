# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters and keyset pages of every list, as rebuilderd's clients ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from snapshot.errors import InvalidInput
from snapshot.verdict import Status

#: More records than this in one page are asked for by nobody but an attacker.
MAX_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list.

    Attributes:
        limit: Records at most; 0 gives none, only the total.
        after: Only records behind the one with this id.
        before: Only records in front of the one with this id.
        sort: A column of the record; None sorts by id.
        descending: Order of the answer. `after` still means *greater*: the peer does not flip
            the comparison, so its clients page down with `before`.
    """

    limit: int = 1000
    after: int | None = None
    before: int | None = None
    sort: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records; every member that is set must match exactly.

    Attributes:
        name: Of the listed record: the source package in lists of sources, builds and jobs,
            the binary package in a list of binaries.
        version: Likewise.
        source_name: Source package of a binary package.
        seen_only: True: only what the last sync saw; False: only what it did not see.
        status: Of the newest attempt; UNKNOWN means never tried.
    """

    distribution: str | None = None
    release: str | None = None
    component: str | None = None
    architecture: str | None = None
    name: str | None = None
    version: str | None = None
    source_name: str | None = None
    seen_only: bool | None = None
    status: Status | None = None


NO_FILTER = Filter()
FIRST_PAGE = Page()


def fetch_page(
    connection: Connection,
    query: Select[Any],
    page: Page,
    *,
    columns: Mapping[str, ColumnElement[Any]],
) -> tuple[int, list[Row[Any]]]:
    """Total and rows of one page.

    Args:
        connection: Open transaction.
        query: With all filters, without order and limit.
        page: Which part.
        columns: What `sort` may name; must hold `id`.

    Raises:
        InvalidInput: An unknown sort column or a negative limit.
    """
    if page.limit < 0:
        raise InvalidInput(f"limit: {page.limit} is negative")
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    if page.limit == 0:
        return total, []
    key = columns["id"]
    sort = _sort_column(page, columns)
    for edge, after in ((page.after, True), (page.before, False)):
        if edge is not None:
            query = query.where(_beyond(query, key, sort, edge, after=after))
    order = [key] if sort is None else [sort, key]
    query = query.order_by(*(part.desc() if page.descending else part.asc() for part in order))
    rows = connection.execute(query.limit(min(page.limit, MAX_LIMIT))).all()
    return total, list(rows)


def _sort_column(
    page: Page, columns: Mapping[str, ColumnElement[Any]]
) -> ColumnElement[Any] | None:
    if page.sort is None or page.sort == "id":
        return None
    if page.sort not in columns:
        raise InvalidInput(
            f"invalid sort field: {page.sort[:60]!r}", advice=f"one of {', '.join(sorted(columns))}"
        )
    return columns[page.sort]


def _beyond(
    query: Select[Any],
    key: ColumnElement[Any],
    sort: ColumnElement[Any] | None,
    edge: int,
    *,
    after: bool,
) -> ColumnElement[bool]:
    """Records beyond the one with the id `edge`, in the order of the list."""
    if sort is None:
        return key > edge if after else key < edge
    # A row that the filters leave out has no value to compare with: nothing is beyond it.
    value = query.where(key == edge).with_only_columns(sort).scalar_subquery()
    if after:
        return or_(sort > value, and_(sort == value, key > edge))
    return or_(sort < value, and_(sort == value, key < edge))
