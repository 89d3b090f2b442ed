# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from api.pages.totals import Totals, hourly_rate, seconds_left
from snapshot.verdict import Status
from storage.ledger.records import CampaignCounts, Dashboard


def counts(finished: int, first: float | None, last: float | None, untried: int) -> CampaignCounts:
    by_status = {Status.GOOD: finished, Status.UNKNOWN: untried}
    return CampaignCounts(finished + untried, by_status, {}, 0, 0, 0, finished, first, last)


def test_totals_of_both_kinds_of_counts() -> None:
    assert Totals.of_dashboard(Dashboard(1, 2, 3, 4, 5, 6, 7)) == Totals(1, 2, 3, 4)
    assert Totals.of_campaign(counts(3, None, None, 2)) == Totals(3, 0, 0, 2)
    assert Totals(1, 2, 3, 4).total == 10


def test_the_pace_is_measured_between_the_first_and_the_last() -> None:
    assert hourly_rate(counts(3, 0.0, 3600.0, 5)) == 2
    assert seconds_left(counts(3, 0.0, 3600.0, 5)) == 9000


def test_one_attempt_or_none_says_nothing_about_pace() -> None:
    for few in (counts(0, None, None, 5), counts(1, 5.0, 5.0, 5), counts(2, 5.0, 5.0, 5)):
        assert hourly_rate(few) is None
        assert seconds_left(few) is None


def test_nothing_untried_needs_no_time() -> None:
    assert seconds_left(counts(3, 0.0, 3600.0, 0)) is None
