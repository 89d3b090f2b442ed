# SPDX-License-Identifier: GPL-3.0-or-later
"""How each archive is doing: its last run, and until when somebody looked at each suite."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.observed import PUBLISHED


@dataclass(frozen=True, slots=True)
class SuiteStatus:
    """A suite in the last run of its archive.

    Attributes:
        name: Suite.
        date: The `Date:` of its Release.
        observed_until: Last time somebody looked and found that Release still there.
        indices: How many indices of it were ever captured.
    """

    name: str
    date: Timestamp
    observed_until: Timestamp
    indices: int


@dataclass(frozen=True, slots=True)
class ArchiveStatus:
    """An archive with a run that is kept.

    Attributes:
        name: Archive.
        first: Its oldest kept run.
        last: Its newest kept run.
        runs: Runs that are kept.
        removed: Runs that were removed.
        suites: The suites of the newest kept run, by name.
    """

    name: str
    first: Timestamp
    last: Timestamp
    runs: int
    removed: int
    suites: tuple[SuiteStatus, ...]

    @property
    def observed_until(self) -> Timestamp:
        """The last time that somebody looked at any suite of the newest run."""
        return max((suite.observed_until for suite in self.suites), default=self.last)


def archive_status(connection: Connection) -> tuple[ArchiveStatus, ...]:
    """Every archive, by name; it reads rows of runs and none of packages."""
    r, kept = t.runs.c, t.runs.c.removed.is_(None)
    query = (
        select(
            t.archives.c.id,
            t.archives.c.name,
            func.min(case((kept, r.ts))),
            func.max(case((kept, r.ts))).label("last"),
            func.count(case((kept, r.ts))),
            func.count(r.removed),
        )
        .join(t.runs, r.archive_id == t.archives.c.id)
        .where(r.state == PUBLISHED)
        .group_by(t.archives.c.id, t.archives.c.name)
        .order_by(t.archives.c.name)
    )
    rows = [row for row in connection.execute(query) if row.last is not None]
    suites = _suites(connection, rows)
    return tuple(
        ArchiveStatus(name, Timestamp(first), Timestamp(last), runs, removed, tuple(suites[of]))
        for of, name, first, last, runs, removed in rows
    )


def _suites(connection: Connection, archives: list[Row[Any]]) -> dict[int, list[SuiteStatus]]:
    """Archive to the suites of its newest kept run."""
    r, rr, s = t.runs.c, t.run_releases.c, t.streams.c
    indices = (
        select(func.count())
        .where(s.archive_id == r.archive_id, s.suite == rr.suite)
        .correlate(t.runs, t.run_releases)
        .scalar_subquery()
    )
    found: dict[int, list[SuiteStatus]] = defaultdict(list)
    for archive in archives:
        query = (
            select(rr.suite, t.releases.c.date, rr.observed_until, indices)
            .select_from(t.runs)
            .join(t.run_releases, rr.run_id == r.id)
            .join(t.releases, t.releases.c.id == rr.release_id)
            .where(r.archive_id == archive.id, r.ts == archive.last, r.state == PUBLISHED)
            .order_by(rr.suite)
        )
        found[archive.id] = [
            SuiteStatus(name, Timestamp(date), Timestamp(until), count)
            for name, date, until, count in connection.execute(query)
        ]
    return found
