# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs of an archive stay: `all for 30 days`, `daily for 1 year`, `weekly for ever`.

A rule keeps the first run of each of its periods (hours, days, weeks from Monday, months and
years, all in UTC) for a span of time, and a run stays while any rule keeps it. The span is
counted by whole periods, so that all runs of a period are judged alike: applied every day or
once in a year, the same runs stay. The newest run always does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

_RULE = re.compile(
    r"(all|hourly|daily|weekly|monthly|yearly) for (?:ever|([1-9]\d{0,4}) (\w+?)s?)", re.ASCII
)
_DAY = 86400
#: 1970-01-01 was a Thursday.
_FROM_MONDAY = 3
_SECONDS = {"hour": 3600, "day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY, "year": 365 * _DAY}

#: What may stand in a list of rules and changes nothing: what is pinned is always kept.
CLOSURES_ALWAYS = "closures always"


class Period(Enum):
    """Of what one run is kept."""

    ALL = "all"
    HOUR = "hourly"
    DAY = "daily"
    WEEK = "weekly"
    MONTH = "monthly"
    YEAR = "yearly"

    def number(self, stamp: Timestamp) -> int:
        """Which period a stamp lies in; later ones have higher numbers."""
        day = stamp.epoch // _DAY
        match self:
            case Period.ALL:
                return stamp.epoch
            case Period.HOUR:
                return stamp.epoch // 3600
            case Period.DAY:
                return day
            case Period.WEEK:
                return (day + _FROM_MONDAY) // 7
            case Period.MONTH:
                moment = stamp.datetime()
                return moment.year * 12 + moment.month
            case Period.YEAR:
                return stamp.datetime().year


@dataclass(frozen=True, slots=True)
class KeepRule:
    """One run of each period, for a span of time.

    Attributes:
        period: Of what.
        span: Seconds; None: for ever.
    """

    period: Period
    span: int | None

    def oldest(self, now: Timestamp) -> int | None:
        """Number of the oldest period that is kept; None: all are."""
        if self.span is None:
            return None
        return self.period.number(Timestamp(max(0, now.epoch - self.span)))


def parse_rules(lines: Iterable[str]) -> tuple[KeepRule, ...]:
    """Read a list of rules; an empty one keeps every run for ever.

    Args:
        lines: Such as `daily for 1 year`; a month has 30 days here and a year 365.

    Raises:
        InvalidInput: Names the rule, by its place, and what is expected.
    """
    given = list(lines)
    rules = []
    for number, line in enumerate(given, start=1):
        words = " ".join(line.split())
        match = _RULE.fullmatch(words)
        if words != CLOSURES_ALWAYS and (match is None or match[3] not in (None, *_SECONDS)):
            raise InvalidInput(
                f"rule {number}: {line[:80]!r} is not a rule",
                advice="Write all, hourly, daily, weekly, monthly or yearly; then `for ever`, or "
                f"`for` a number of hours, days, weeks, months or years; or `{CLOSURES_ALWAYS}`.",
            )
        if match is not None:
            span = None if match[2] is None else int(match[2]) * _SECONDS[match[3]]
            rules.append(KeepRule(Period(match[1]), span))
    if given and not rules:
        raise InvalidInput(
            f"no rule keeps a run: only `{CLOSURES_ALWAYS}` is given",
            advice="Add one such as `all for 30 days`, or leave the list empty to keep all runs.",
        )
    return tuple(rules)


def kept(
    stamps: Iterable[Timestamp], rules: Iterable[KeepRule], now: Timestamp
) -> frozenset[Timestamp]:
    """Which of an archive's runs stay.

    Args:
        stamps: Of every run that is still kept, in any order.
        rules: None of them: all runs stay.
        now: From when spans are counted back.
    """
    ordered = sorted(set(stamps))
    given = tuple(rules)
    if not given:
        return frozenset(ordered)
    stay = set(ordered[-1:])
    for rule in given:
        oldest = rule.oldest(now)
        first: dict[int, Timestamp] = {}
        for stamp in ordered:
            first.setdefault(rule.period.number(stamp), stamp)
        stay |= {stamp for number, stamp in first.items() if oldest is None or number >= oldest}
    return frozenset(stay)
