# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of verdicts, as bars and numbers show them."""

from __future__ import annotations

from dataclasses import dataclass

from snapshot.verdict import Status
from storage.ledger.records import CampaignCounts, Dashboard


@dataclass(frozen=True, slots=True)
class Totals:
    """How many targets have which verdict; `unknown` was never tried."""

    good: int
    bad: int
    fail: int
    unknown: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.good + self.bad + self.fail + self.unknown

    @classmethod
    def of_dashboard(cls, counts: Dashboard) -> Totals:
        """Of everything."""
        return cls(counts.good, counts.bad, counts.fail, counts.unknown)

    @classmethod
    def of_campaign(cls, counts: CampaignCounts) -> Totals:
        """Of one campaign."""
        return cls(
            *(
                counts.by_status.get(status, 0)
                for status in (Status.GOOD, Status.BAD, Status.FAIL, Status.UNKNOWN)
            )
        )


def hourly_rate(counts: CampaignCounts) -> float | None:
    """Attempts per hour between the first and the last one; None while that says nothing."""
    if counts.first_finished is None or counts.last_finished is None or counts.finished < 2:
        return None
    spent = counts.last_finished - counts.first_finished
    return (counts.finished - 1) * 3600 / spent if spent > 0 else None


def seconds_left(counts: CampaignCounts) -> float | None:
    """What the untried targets will take at the rate so far."""
    rate = hourly_rate(counts)
    untried = counts.by_status.get(Status.UNKNOWN, 0)
    return untried * 3600 / rate if rate and untried else None
