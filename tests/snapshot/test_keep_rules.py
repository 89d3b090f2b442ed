# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs stay, by rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshot.errors import InvalidInput
from snapshot.keep_rules import KeepRule, Period, kept, parse_rules
from snapshot.timestamp import Timestamp

DAY = 86400
NOW = Timestamp.parse("20260801T120000Z")

SPANS = st.one_of(st.none(), st.integers(1, 400 * DAY))
RULES = st.lists(st.builds(KeepRule, st.sampled_from(Period), SPANS), min_size=1, max_size=4)
#: Two years, to the second and in bursts.
STAMPS = st.lists(
    st.integers(NOW.epoch - 730 * DAY, NOW.epoch).map(Timestamp), min_size=1, max_size=60
)


def stamps(*texts: str) -> list[Timestamp]:
    return [Timestamp.parse(text) for text in texts]


def test_the_usual_rules_are_read() -> None:
    rules = parse_rules(
        ["all for 30 days", "daily  for 1 year", "weekly for ever", "closures always"]
    )
    assert rules == (
        KeepRule(Period.ALL, 30 * DAY),
        KeepRule(Period.DAY, 365 * DAY),
        KeepRule(Period.WEEK, None),
    )


@pytest.mark.parametrize(
    "line",
    ["", "dayly for 1 year", "daily for 0 days", "daily for 1 fortnight", "daily",
     "daily for -1 days", "daily for 1 year and more", "daily for 999999 days", "DAILY for 1 day",
     "daily for \u0661 day", "weekly forever"],
)  # fmt: skip
def test_anything_else_is_refused_by_its_place(line: str) -> None:
    with pytest.raises(InvalidInput, match="rule 2: ") as caught:
        parse_rules(["all for 1 day", line])
    assert "for ever" in caught.value.advice


def test_a_list_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no rule keeps a run"):
        parse_rules(["closures always"])


def test_no_rule_keeps_everything() -> None:
    runs = stamps("20200101", "20200101T000001Z", "20260801")
    assert kept(runs, (), NOW) == set(runs)
    assert kept([], parse_rules(["all for 1 day"]), NOW) == frozenset()


def test_the_first_run_of_each_day_week_month_and_year_stays() -> None:
    runs = stamps(
        "20260628T000000Z",  # a Sunday
        "20260629T060000Z",  # a Monday
        "20260629T180000Z",
        "20260630T000000Z",
        "20260701T000000Z",
        "20260701T100000Z",
    )
    newest = runs[-1]
    by = {period: kept(runs, [KeepRule(period, None)], NOW) - {newest} for period in Period}
    assert by[Period.HOUR] == by[Period.ALL] == set(runs[:-1])
    assert by[Period.DAY] == {runs[0], runs[1], runs[3], runs[4]}
    assert by[Period.WEEK] == {runs[0], runs[1]}
    assert by[Period.MONTH] == {runs[0], runs[4]}
    assert by[Period.YEAR] == {runs[0]}


def test_a_span_ends_for_whole_periods() -> None:
    runs = stamps("20260701T110000Z", "20260702T110000Z", "20260702T130000Z", "20260801T000000Z")
    rules = parse_rules(["daily for 30 days"])
    # 30 days back is 2 July, 12:00; that whole day is still judged.
    assert kept(runs, rules, NOW) == {runs[1], runs[3]}


@given(STAMPS, RULES)
def test_the_newest_run_always_stays(runs: list[Timestamp], rules: list[KeepRule]) -> None:
    assert max(runs) in kept(runs, rules, NOW)


@given(STAMPS, RULES)
def test_applying_twice_changes_nothing(runs: list[Timestamp], rules: list[KeepRule]) -> None:
    once = kept(runs, rules, NOW)
    assert once <= set(runs)
    assert kept(once, rules, NOW) == once


@given(STAMPS, RULES, st.lists(st.integers(0, 800 * DAY), max_size=6))
def test_applying_often_or_once_keeps_the_same(
    runs: list[Timestamp], rules: list[KeepRule], pauses: list[int]
) -> None:
    left = frozenset(runs)
    for pause in sorted(pauses):
        left = kept(left, rules, Timestamp(NOW.epoch + pause))
    last = Timestamp(NOW.epoch + max(pauses, default=0))
    assert kept(left, rules, last) == kept(runs, rules, last)


@given(STAMPS, RULES, st.integers(1, 30))
def test_runs_that_arrive_meanwhile_do_not_change_that(
    runs: list[Timestamp], rules: list[KeepRule], step: int
) -> None:
    left: frozenset[Timestamp] = frozenset()
    ordered = sorted(set(runs))
    for place in range(0, len(ordered), step):
        arrived = ordered[place : place + step]
        left = kept(left | set(arrived), rules, arrived[-1])
    assert kept(left, rules, NOW) == kept(runs, rules, NOW)


@given(STAMPS, RULES)
def test_every_kept_period_has_its_first_run(runs: list[Timestamp], rules: list[KeepRule]) -> None:
    left = kept(runs, rules, NOW)
    for rule in rules:
        oldest = rule.oldest(NOW)
        for stamp in runs:
            number = rule.period.number(stamp)
            if oldest is None or number >= oldest:
                same = [run for run in runs if rule.period.number(run) == number]
                assert min(same) in left
