# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters as conditions on the ledger's tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists

from snapshot.verdict import Status
from storage.ledger import tables as t
from storage.ledger.page import Filter


def match_target(query: Select[Any], filters: Filter) -> Select[Any]:
    """Narrow a query over `targets` (lists of jobs, builds and source packages)."""
    c = t.targets.c
    conditions: list[ColumnElement[bool]] = []
    if filters.distribution is not None:
        conditions.append(c.distribution == filters.distribution)
    if filters.architecture is not None:
        conditions.append(c.architecture == filters.architecture)
    if filters.name is not None:
        conditions.append(c.source == filters.name)
    if filters.version is not None:
        conditions.append(c.version == filters.version)
    if filters.status is not None:
        conditions.append(has_status(filters.status))
    if filters.release is not None or filters.seen_only is not None:
        conditions.append(_in_suite(filters))
    if filters.component is not None:
        conditions.append(in_component(filters.component))
    return query.where(*conditions)


def has_status(status: Status) -> ColumnElement[bool]:
    """Targets whose newest attempt had this status; UNKNOWN are those never tried."""
    if status is Status.UNKNOWN:
        return t.targets.c.status.is_(None)
    return t.targets.c.status == status.value


def in_component(component: str) -> ColumnElement[bool]:
    """Targets with a file that some release lists in this component."""
    s, a = t.suite_artifacts.alias(), t.target_artifacts.alias()
    return exists().where(
        and_(
            a.c.target_id == t.targets.c.id,
            s.c.artifact_id == a.c.id,
            s.c.component == component,
        )
    )


def _in_suite(filters: Filter) -> ColumnElement[bool]:
    s = t.target_suites.alias()
    conditions = [s.c.target_id == t.targets.c.id]
    if filters.release is not None:
        conditions.append(s.c.release == filters.release)
    if filters.seen_only is not None:
        conditions.append(s.c.seen_in_last_sync.is_(filters.seen_only))
    return exists().where(and_(*conditions))
