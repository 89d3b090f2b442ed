# SPDX-License-Identifier: GPL-3.0-or-later
"""Campaigns: many targets with one purpose, and how far they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestrator.enqueue import Enqueued
from snapshot.coordinates import checked_name
from snapshot.errors import InvalidInput
from snapshot.verdict import Status
from storage.ledger import Ledger
from storage.ledger.records import Campaign, CampaignCounts
from storage.ledger.values import NewTarget

#: More workers for one target than any agreement asks for.
MAX_REPLICAS = 16


@dataclass(frozen=True, slots=True)
class CampaignOrder:
    """What a campaign shall be.

    Attributes:
        name: One word.
        selection: JSON text that says how the targets were chosen.
        priority: Lower is sooner.
        replicas: How many different workers shall build each target.
        manual: Whether its jobs survive a sync that no longer sees them.
    """

    name: str
    selection: str
    priority: int = 1
    replicas: int = 1
    manual: bool = True


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """How far a campaign is.

    Attributes:
        campaign: Which.
        counts: Targets by verdict, and jobs.
        done: Targets with a verdict.
        progress: `done` of all, 0 to 1; an empty campaign is done.
        rate: Attempts per hour since the first; None before there are two.
        eta: Seconds until the open jobs are done at that rate; None when unknown.
    """

    campaign: Campaign
    counts: CampaignCounts
    done: int
    progress: float
    rate: float | None
    eta: float | None


def create_campaign(
    ledger: Ledger,
    order: CampaignOrder,
    targets: Sequence[NewTarget],
    *,
    clock: Callable[[], float],
    spread: Callable[[], int],
) -> tuple[Campaign, Enqueued]:
    """Make a campaign and queue its targets; again with the same order changes nothing.

    Raises:
        InvalidInput: A bad name or number of replicas, or the name exists with another
            selection.
    """
    checked_name(order.name, "campaign")
    if not 1 <= order.replicas <= MAX_REPLICAS:
        raise InvalidInput(
            f"campaign {order.name!r}: {order.replicas} replicas",
            advice=f"from 1 to {MAX_REPLICAS}",
        )
    now = clock()
    campaign = ledger.campaigns.create(
        order.name,
        order.selection,
        priority=order.priority,
        replicas=order.replicas,
        now=now,
    )
    put = ledger.targets.put(targets, now=now, spread=spread)
    queued = ledger.campaigns.enlist(campaign, put.ids, manual=order.manual, now=now, spread=spread)
    return ledger.campaigns.get(order.name), Enqueued(put.ids, put.created, queued)


def campaign_status(ledger: Ledger, name: str, *, clock: Callable[[], float]) -> CampaignStatus:
    """How far a campaign is.

    Raises:
        NotFound: There is no such campaign.
    """
    campaign = ledger.campaigns.get(name)
    counts = ledger.campaigns.counts(campaign)
    done = counts.targets - counts.by_status[Status.UNKNOWN]
    rate = _rate(counts, clock())
    waiting = counts.running + counts.queued
    return CampaignStatus(
        campaign=campaign,
        counts=counts,
        done=done,
        progress=1.0 if not counts.targets else done / counts.targets,
        rate=rate,
        eta=None if not rate else waiting / rate * 3600,
    )


def _rate(counts: CampaignCounts, now: float) -> float | None:
    """Attempts per hour, measured up to now: a campaign that stands still slows down."""
    if counts.first_finished is None or counts.finished < 2 or now <= counts.first_finished:
        return None
    return (counts.finished - 1) / (now - counts.first_finished) * 3600
