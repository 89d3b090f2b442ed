# SPDX-License-Identifier: GPL-3.0-or-later
"""Campaigns: sets of targets with one purpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from snapshot.errors import InvalidInput, NotFound
from snapshot.verdict import Reason, Status
from storage.database import Database
from storage.ledger import tables as t
from storage.ledger.place_jobs import place_jobs
from storage.ledger.records import Campaign, CampaignCounts, Target
from storage.ledger.rows import tags_of, target_of
from storage.ledger.targets import read_releases
from storage.ledger.values import JobState, Placement, lane
from storage.retry_conflict import again_on_conflict

_CHUNK = 500


class Campaigns:
    """The campaigns.

    Args:
        database: An upgraded ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, name: str, selection: str, *, priority: int, replicas: int, now: float
    ) -> Campaign:
        """Make a campaign; the same name with the same settings is found again.

        Raises:
            InvalidInput: The name exists with other settings.
        """
        values = {"selection": selection, "priority": priority, "replicas": replicas}

        def make() -> None:
            with self._database.write() as connection:
                query = select(t.campaigns).where(t.campaigns.c.name == name)
                row = connection.execute(query).first()
                if row is None:
                    connection.execute(
                        insert(t.campaigns).values(name=name, created_at=now, **values)
                    )
                elif any(getattr(row, key) != value for key, value in values.items()):
                    raise InvalidInput(
                        f"campaign {name!r} exists with another selection",
                        advice="choose another name, or repeat the command it was made with",
                    )

        again_on_conflict(make)
        return self.get(name)

    def enlist(
        self,
        campaign: Campaign,
        target_ids: Sequence[int],
        *,
        manual: bool,
        now: float,
        spread: Callable[[], int],
    ) -> int:
        """Add targets and queue them with the campaign's priority and replicas.

        Returns:
            Jobs made. Bounded transactions; again is harmless.
        """
        placement = Placement(campaign.priority, manual=manual, replicas=campaign.replicas)
        unique = list(dict.fromkeys(target_ids))
        queued = 0
        for start in range(0, len(unique), _CHUNK):
            part = unique[start : start + _CHUNK]

            def work(part: list[int] = part) -> int:
                with self._database.write() as connection:
                    _join(connection, campaign.id, part)
                    lanes = _lanes(connection, part)
                    return place_jobs(connection, lanes, placement, now=now, spread=spread)

            queued += again_on_conflict(work)
        return queued

    def get(self, name: str) -> Campaign:
        """One campaign.

        Raises:
            NotFound: There is none with this name.
        """
        with self._database.read() as connection:
            row = connection.execute(_campaign_query().where(t.campaigns.c.name == name)).first()
        if row is None:
            raise NotFound(f"no campaign {name!r}", advice="dejabuild campaign status lists them")
        return _campaign_of(row)

    def list(self) -> tuple[Campaign, ...]:
        """All of them, the newest first."""
        query = _campaign_query().order_by(t.campaigns.c.id.desc())
        with self._database.read() as connection:
            return tuple(_campaign_of(row) for row in connection.execute(query))

    def targets(self, campaign_id: int) -> tuple[Target, ...]:
        """Its targets with their newest verdicts, by source name."""
        m = t.campaign_targets.c
        query = (
            select(t.targets)
            .join(t.campaign_targets, m.target_id == t.targets.c.id)
            .where(m.campaign_id == campaign_id)
            .order_by(t.targets.c.source, t.targets.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            releases = read_releases(connection, [row.id for row in rows])
        return tuple(target_of(row, releases.get(row.id, ())) for row in rows)

    def counts(self, campaign: Campaign) -> CampaignCounts:
        """Where its targets are. Attempts count from the campaign's beginning."""
        m, c, j, a = t.campaign_targets.c, t.targets.c, t.jobs.c, t.attempts.c
        mine = select(m.target_id).where(m.campaign_id == campaign.id)
        verdicts = (
            select(c.status, c.reason, func.count().label("number"))
            .where(c.id.in_(mine))
            .group_by(c.status, c.reason)
        )
        states = select(j.state, func.count()).where(j.target_id.in_(mine)).group_by(j.state)
        pace = select(
            func.count().label("number"),
            func.min(a.received_at).label("first"),
            func.max(a.received_at).label("last"),
        ).where(a.target_id.in_(mine), a.received_at >= campaign.created_at)
        with self._database.read() as connection:
            by_verdict: list[Row[Any]] = list(connection.execute(verdicts))
            by_state = {row[0]: row[1] for row in connection.execute(states)}
            paced: Row[Any] = connection.execute(pace).one()
        return CampaignCounts(
            targets=campaign.targets,
            by_status=_sum_statuses(by_verdict),
            by_reason={
                Reason(row.reason): row.number for row in by_verdict if row.reason is not None
            },
            running=by_state.get(JobState.RUNNING.value, 0),
            queued=by_state.get(JobState.QUEUED.value, 0),
            waiting=by_state.get(JobState.WAITING.value, 0),
            finished=paced.number,
            first_finished=paced.first,
            last_finished=paced.last,
        )


def _sum_statuses(rows: Sequence[Row[Any]]) -> dict[Status, int]:
    counts = dict.fromkeys(Status, 0)
    for row in rows:
        counts[Status.UNKNOWN if row.status is None else Status(row.status)] += row.number
    return counts


def _campaign_query() -> Select[Any]:
    m = t.campaign_targets.c
    members = (
        select(func.count())
        .where(m.campaign_id == t.campaigns.c.id)
        .correlate(t.campaigns)
        .scalar_subquery()
    )
    return select(t.campaigns, members.label("targets"))


def _campaign_of(row: Row[Any]) -> Campaign:
    return Campaign(
        id=row.id,
        name=row.name,
        selection=row.selection,
        priority=row.priority,
        replicas=row.replicas,
        created_at=row.created_at,
        targets=row.targets,
    )


def _join(connection: Connection, campaign_id: int, target_ids: list[int]) -> None:
    m = t.campaign_targets.c
    query = select(m.target_id).where(m.campaign_id == campaign_id, m.target_id.in_(target_ids))
    known = set(connection.execute(query).scalars())
    fresh = [i for i in target_ids if i not in known]
    if fresh:
        connection.execute(
            insert(t.campaign_targets),
            [{"campaign_id": campaign_id, "target_id": i} for i in fresh],
        )


def _lanes(connection: Connection, target_ids: list[int]) -> dict[int, str]:
    c = t.targets.c
    query = select(c.id, c.backend, c.kind, c.architecture, c.tags).where(c.id.in_(target_ids))
    rows = {row.id: row for row in connection.execute(query)}
    return {
        i: lane(rows[i].backend, rows[i].kind, rows[i].architecture, tags_of(rows[i].tags))
        for i in target_ids
    }
