# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories as pictures."""

from __future__ import annotations

from itertools import pairwise

from api.pages.timeline import COLOURS, MOST_BARS, draw
from snapshot.timestamp import Timestamp
from storage.catalogue.package_history import Stay


def stay(
    version: str, first: str, last: str, until: str | None = None, *, suite: str = "sid"
) -> Stay:
    gone = None if until is None else Timestamp.parse(until)
    seen = (Timestamp.parse(first), Timestamp.parse(last))
    return Stay("debian", suite, version, "x", version, ("amd64",), *seen, gone)


def test_bars_lie_where_the_runs_were_and_the_pale_part_is_what_nobody_saw() -> None:
    picture = draw(
        [stay("1", "20250101", "20250201", "20250301"), stay("2", "20250301", "20250501")], name="x"
    )
    (band,) = picture.bands
    one, two = band.bars
    assert band.rows == 1
    assert 0 < one.at < one.at + one.solid < two.at < 100
    assert one.pale > 0
    assert (two.pale, two.unseen) == (0, 0)
    assert abs(one.at + one.width - two.at) < 0.01
    assert one.colour != two.colour
    assert one.words == (
        "1 in debian sid, seen from 2025-01-01 00:00 to 2025-02-01 00:00; gone by 2025-03-01 00:00"
    )
    assert two.words.endswith("still there on 2025-05-01 00:00")


def test_what_nobody_looked_at_again_is_neither_there_nor_gone() -> None:
    old = stay("1", "20250101", "20250201", suite="old")
    picture = draw([old, stay("2", "20250301", "20250501")], name="x")
    bars = {band.suite: band.bars[0] for band in picture.bands}
    assert bars["old"].unseen > bars["old"].solid > 0
    assert bars["old"].pale == bars["sid"].unseen == 0


def test_what_was_seen_once_can_be_seen() -> None:
    moment = draw([stay("1", "20250101", "20250101")], name="x")
    bar = moment.bands[0].bars[0]
    assert bar.width >= 0.5
    assert 0 < bar.at < 100
    wide = draw([stay("1", "20050101", "20050101"), stay("2", "20260101", "20260101")], name="x")
    assert all(bar.width >= 0.5 for band in wide.bands for bar in band.bars)


def test_bars_of_one_row_never_overlap() -> None:
    stays = [
        stay(str(n), f"202501{n:02d}", f"202502{n:02d}", f"202502{n + 1:02d}") for n in range(1, 20)
    ]
    (band,) = draw(stays, name="x").bands
    assert band.rows > 1
    for row in range(band.rows):
        bars = [bar for bar in band.bars if bar.row == row]
        assert all(left.at + left.width <= right.at + 0.01 for left, right in pairwise(bars))


def test_versions_that_follow_each_other_share_a_row() -> None:
    days = [f"2025{month:02d}{day:02d}" for month in range(1, 13) for day in (1, 8, 13, 27)]
    stays = [stay(str(n), first, first, then) for n, (first, then) in enumerate(pairwise(days))]
    assert draw(stays, name="x").bands[0].rows == 1


def test_one_version_has_one_colour_in_all_suites_and_there_are_enough() -> None:
    stays = [
        stay(str(n), "20250101", "20250201", suite=suite)
        for n in range(COLOURS + 3)
        for suite in ("sid", "forky")
    ]
    bars = [bar for band in draw(stays, name="x").bands for bar in band.bars]
    for version in {bar.stay.version for bar in bars}:
        assert len({bar.colour for bar in bars if bar.stay.version == version}) == 1
    assert {bar.colour for bar in bars} == set(range(COLOURS))


def test_of_too_many_the_newest_are_drawn_and_it_says_so() -> None:
    stays = [stay(str(n), "20250101", f"2025{n % 12 + 1:02d}15") for n in range(MOST_BARS + 7)]
    picture = draw(stays, name="x")
    assert picture.left_out == 7
    assert sum(len(band.bars) for band in picture.bands) == MOST_BARS


def test_dates_on_the_axis_are_round_and_few() -> None:
    def words(first: str, last: str) -> list[str]:
        return [tick.words for tick in draw([stay("1", first, last)], name="x").ticks]

    assert words("20260710T030000Z", "20260712T120000Z") == [
        "2026-07-11",
        "2026-07-12",
    ]
    assert words("20250105", "20250620") == ["2025-02", "2025-03", "2025-04", "2025-05", "2025-06"]
    assert words("20050301", "20260601") == ["2005", "2010", "2015", "2020", "2025"]
    for first, last in (
        ("20250101", "20250101"),
        ("00010102", "99981230"),
        ("19700101", "20700101"),
    ):
        assert len(words(first, last)) <= 8
