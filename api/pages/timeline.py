# SPDX-License-Identifier: GPL-3.0-or-later
"""A package's history as a picture: a band for each suite, a bar for each stay of a version.

Places along the axis are percentages of the width, so that the picture fills any window and its
letters keep their size. A bar is solid from the first to the last run that had the version, and
pale from there to the first run that no longer had it: in between nobody looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter

from snapshot.deb_version import version_key
from snapshot.timestamp import Timestamp
from storage.catalogue.package_history import Stay

#: Bars of one picture; of more the newest are drawn, and the table has them all.
MOST_BARS = 600
#: How many colours the style has; versions take them in turn, one colour in all suites.
COLOURS = 8
_TICKS = 8
#: Where the words of a tick still fit beside it, in percent.
_LAST_TICK = 93.0
#: In percent: what was seen once can still be seen.
_NARROWEST = 0.5
#: Bars that overlap by no more touch each other: places are rounded.
_TOUCH = 0.01
#: Of one percent in a window of middle width, and of a letter.
_PIXELS, _LETTER = 9.0, 7.0
_DAY = 86_400
_YEARS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
_MONTHS = (1, 2, 3, 6, *(12 * years for years in _YEARS))
#: The years that calendars here have, in seconds.
_EARLIEST, _LATEST = (
    int(datetime(year, month, day, tzinfo=UTC).timestamp())
    for year, month, day in ((1, 1, 2), (9999, 12, 30))
)


@dataclass(frozen=True, slots=True)
class Tick:
    """A date on the axis; `at` is in percent of the width."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One stay.

    Attributes:
        stay: Whose.
        row: Of the band, from 0.
        at: Where it begins, in percent of the width.
        solid: How wide the part is in which it was seen.
        pale: How wide the part is in which nobody looked before it was gone.
        unseen: How wide the part is for which nobody looked again.
        colour: Number of its colour.
        labelled: Whether its version fits into it.
        words: For people who do not see it, or point at it.
    """

    stay: Stay
    row: int
    at: float
    solid: float
    pale: float
    unseen: float
    colour: int
    labelled: bool
    words: str

    @property
    def width(self) -> float:
        """Everything together."""
        return self.solid + self.pale + self.unseen


@dataclass(frozen=True, slots=True)
class Band:
    """One suite; `rows` is how many bars lie above each other in it."""

    archive: str
    suite: str
    rows: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole picture.

    Attributes:
        bands: By archive, the oldest first.
        ticks: Dates of the axis.
        left_out: How many of the oldest stays are not drawn.
        newest: Archive to the last run that had any version in any suite.
        words: What it shows, for people who do not see it.
    """

    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    left_out: int
    newest: Mapping[str, Timestamp]
    words: str


def draw(stays: Sequence[Stay], *, name: str) -> Timeline:
    """Lay a history out.

    Args:
        stays: At least one, in any order.
        name: Of the package, for the picture's own words.
    """
    chosen = sorted(stays, key=lambda stay: (stay.last, stay.first))[-MOST_BARS:]
    start = min(stay.first.epoch for stay in chosen)
    end = max((stay.until or stay.last).epoch for stay in chosen)
    # One run alone is a moment; it gets a day to be seen in.
    room = max(_DAY - (end - start), 0) / 2 + (end - start) * 0.01
    axis = _Axis(max(start - room, _EARLIEST), min(end + room, _LATEST))
    versions = sorted({stay.version for stay in chosen}, key=version_key)
    colours = {version: number % COLOURS for number, version in enumerate(versions)}
    newest: dict[str, Timestamp] = {}
    for stay in chosen:
        newest[stay.archive] = max(stay.last, newest.get(stay.archive, stay.last))
    bands = [_band(group, newest[group[0].archive], axis, colours) for group in _of_suites(chosen)]
    words = (
        f"Versions of {name} against time: {len(versions)} in {len(bands)} suites, "
        f"from {_date(start)} to {_date(end)}; the table below says the same"
    )
    left_out = len(stays) - len(chosen)
    return Timeline(tuple(bands), tuple(_ticks(axis)), left_out, newest, words)


@dataclass(frozen=True, slots=True)
class _Axis:
    """From seconds to percent."""

    start: float
    end: float

    def at(self, epoch: float) -> float:
        return round(100 * (epoch - self.start) / (self.end - self.start), 3)


def _of_suites(stays: Sequence[Stay]) -> list[list[Stay]]:
    """The stays of each suite; within an archive the suites that had most of it first."""
    by_suite = itemgetter(0, 1)
    keyed = sorted(((stay.archive, stay.suite, stay) for stay in stays), key=by_suite)
    groups = [[stay for *_, stay in group] for _, group in groupby(keyed, by_suite)]
    return sorted(groups, key=lambda group: (group[0].archive, -len(group), group[0].suite))


def _band(
    stays: Sequence[Stay], newest: Timestamp, axis: _Axis, colours: Mapping[str, int]
) -> Band:
    """Stays that overlap lie in rows of their own, the first that is free."""
    ends: list[float] = []
    bars = []
    for stay in sorted(stays, key=lambda one: (one.first, version_key(one.version))):
        at = axis.at(stay.first.epoch)
        solid = axis.at(stay.last.epoch) - at
        pale = axis.at(stay.until.epoch) - at - solid if stay.until else 0.0
        left = stay.until is None and stay.last < newest
        unseen = axis.at(newest.epoch) - at - solid if left else 0.0
        if solid < _NARROWEST:
            pale, unseen = (max(part + solid - _NARROWEST, 0.0) for part in (pale, unseen))
            solid = _NARROWEST
        width = solid + pale + unseen
        row = next((number for number, end in enumerate(ends) if end <= at + _TOUCH), len(ends))
        ends[row:] = [at + width, *ends[row + 1 :]]
        fits = width * _PIXELS >= len(stay.version) * _LETTER + 10
        parts = (at, solid, pale, unseen)
        bars.append(Bar(stay, row, *parts, colours[stay.version], fits, _words(stay)))
    return Band(stays[0].archive, stays[0].suite, len(ends), tuple(bars))


def _words(stay: Stay) -> str:
    seen = f"{stay.version} in {stay.archive} {stay.suite}, seen from {_date(stay.first.epoch)}"
    if stay.until is None:
        return f"{seen}; still there on {_date(stay.last.epoch)}"
    return f"{seen} to {_date(stay.last.epoch)}; gone by {_date(stay.until.epoch)}"


def _date(epoch: float) -> str:
    return f"{datetime.fromtimestamp(epoch, tz=UTC):%Y-%m-%d %H:%M}"


def _ticks(axis: _Axis) -> Iterator[Tick]:
    """Dates that are round for a person, not more than fit beside each other."""
    for step in (*_days(axis), *_month_steps(axis)):
        moments = [moment for moment in step if axis.start <= moment.timestamp() <= axis.end]
        if len(moments) <= _TICKS:
            break
    moments = [one for one in moments if axis.at(one.timestamp()) <= _LAST_TICK]
    form = "%Y-%m-%d" if any(moment.day != 1 for moment in moments) else "%Y-%m"
    if all((moment.month, moment.day) == (1, 1) for moment in moments):
        form = "%Y"
    for moment in moments:
        yield Tick(axis.at(moment.timestamp()), moment.strftime(form))


def _days(axis: _Axis) -> list[list[datetime]]:
    """Every day, every second and every week, where that is not too many to look at."""
    first = datetime.fromtimestamp(axis.start, tz=UTC).replace(hour=0, minute=0, second=0)
    count = int((axis.end - axis.start) / _DAY) + 2
    if count > 7 * _TICKS:
        return []
    return [[first + timedelta(days=n) for n in range(0, count, step)] for step in (1, 2, 7)]


def _month_steps(axis: _Axis) -> list[list[datetime]]:
    begin, stop = (datetime.fromtimestamp(at, tz=UTC) for at in (axis.start, axis.end))
    low, high = begin.year * 12 + begin.month - 1, stop.year * 12 + stop.month
    return [
        [
            datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC)
            for n in range(low - low % step, high, step)
            if n >= 12
        ]
        for step in _MONTHS
    ]
