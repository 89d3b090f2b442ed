# SPDX-License-Identifier: GPL-3.0-or-later
"""Counting: what is good, what waits."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, case, exists, func, select

from snapshot.verdict import Reason, Status
from storage.database import Database
from storage.ledger import tables as t
from storage.ledger.match import match_target
from storage.ledger.page import NO_FILTER, Filter
from storage.ledger.records import Dashboard as Counts
from storage.ledger.values import JobState


@dataclass(frozen=True, slots=True)
class ComponentCounts:
    """Binary packages of one component by newest status; FAIL counts as unknown here."""

    good: int
    bad: int
    unknown: int


class Dashboard:
    """Numbers over the whole ledger.

    Args:
        database: An upgraded ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, filters: Filter = NO_FILTER, *, now: float) -> Counts:
        """Targets by newest verdict, and open jobs.

        Args:
            filters: Origin: distribution, release, component, architecture.
            now: Seconds since 1970; a retry whose time has come counts as available.
        """
        c, j = t.targets.c, t.jobs.c
        seen = exists().where(
            and_(t.target_suites.c.target_id == c.id, t.target_suites.c.seen_in_last_sync.is_(True))
        )
        by_status = match_target(
            select(c.status, func.count()).where(seen).group_by(c.status), filters
        )
        group = case(
            (j.state == JobState.RUNNING.value, "running"),
            (j.next_retry > now, "pending"),
            else_="available",
        )
        by_state = match_target(
            select(group, func.count())
            .select_from(t.jobs.join(t.targets, c.id == j.target_id))
            .where(t.OPEN)
            .group_by(group),
            filters,
        )
        with self._database.read() as connection:
            targets = {row[0]: row[1] for row in connection.execute(by_status)}
            jobs = {row[0]: row[1] for row in connection.execute(by_state)}
        return Counts(
            good=targets.get(Status.GOOD.value, 0),
            bad=targets.get(Status.BAD.value, 0),
            fail=targets.get(Status.FAIL.value, 0),
            unknown=targets.get(None, 0),
            running=jobs.get("running", 0),
            available=jobs.get("available", 0),
            pending=jobs.get("pending", 0),
        )

    def reasons(self, filters: Filter = NO_FILTER) -> dict[Reason, int]:
        """Targets whose newest attempt is a FAIL, by reason."""
        c = t.targets.c
        query = select(c.reason, func.count()).where(c.reason.is_not(None)).group_by(c.reason)
        with self._database.read() as connection:
            rows = connection.execute(match_target(query, filters)).all()
        return {Reason(row[0]): row[1] for row in rows}

    def components(self) -> dict[str, ComponentCounts]:
        """Seen binary packages by component, as rebuilderd's v0 dashboard counts them."""
        b, s, c, r = (
            t.suite_artifacts.c,
            t.target_suites.c,
            t.targets.c,
            t.attempt_artifacts.c,
        )
        query = (
            select(b.component, r.status, func.count())
            .select_from(t.suite_artifacts)
            .join(t.target_suites, s.id == b.suite_id)
            .join(t.targets, c.id == s.target_id)
            .outerjoin(
                t.attempt_artifacts,
                and_(r.attempt_id == c.newest_attempt, r.artifact_id == b.artifact_id),
            )
            .where(s.seen_in_last_sync.is_(True))
            .group_by(b.component, r.status)
        )
        counts: dict[str, dict[str, int]] = {}
        with self._database.read() as connection:
            for component, status, number in connection.execute(query):
                word = status if status in {"GOOD", "BAD"} else "UNKNOWN"
                found = counts.setdefault(component, {"GOOD": 0, "BAD": 0, "UNKNOWN": 0})
                found[word] += number
        return {
            component: ComponentCounts(found["GOOD"], found["BAD"], found["UNKNOWN"])
            for component, found in counts.items()
        }
