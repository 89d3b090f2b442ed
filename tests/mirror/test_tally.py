# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate is that of now, and what is slow has a name."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mirror.tally import Tally
from tests.mirror.fetch_bench import Time


@dataclass
class Coming:
    """A download at some moment."""

    name: str
    host: str = "mirror.example"
    size: int = 1000
    held: int = 0


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def tally(now: Time) -> Tally:
    return Tally(now)


def test_the_rate_forgets_what_was_long_ago(tally: Tally, now: Time) -> None:
    tally.plan(1, 1_000_000)
    for _ in range(100):
        now.now += 1
        tally.received(1000)
        report = tally.report()
    assert report.rate == 1000
    for _ in range(15):
        now.now += 1
        tally.received(100)
        report = tally.report()
    assert report.rate == pytest.approx(550, rel=0.05)
    for _ in range(30):
        now.now += 1
        report = tally.report()
    assert report.rate == 0
    assert report.seconds_left is None


def test_what_is_left_counts_what_is_coming(tally: Tally, now: Time) -> None:
    tally.plan(3, 3000)
    one = Coming("a", held=500)
    tally.began(one)
    tally.finished(1000)
    tally.received(1500)
    now.now += 10
    report = tally.report()
    assert (report.files, report.bytes, report.rate, report.seconds_left) == (1, 1500, 150, 10)
    tally.ended(one)
    assert tally.report().bytes == 1000


def test_the_longest_downloads_are_named(tally: Tally, now: Time) -> None:
    for number in range(5):
        tally.began(Coming(f"file{number}"))
        now.now += 4
    assert [one.name for one in tally.report().slow] == ["file0", "file1", "file2"]
    now.now += 100
    slow = tally.report().slow
    assert [(one.name, one.seconds) for one in slow] == [
        ("file0", 120),
        ("file1", 116),
        ("file2", 112),
    ]


def test_a_host_is_quiet_until_it_is_not(tally: Tally, now: Time) -> None:
    tally.quiet("a", "banned", now.now + 1800)
    tally.quiet("b", "throttled", now.now + 10)
    assert [(one.host, one.why) for one in tally.report().quiet] == [
        ("a", "banned"),
        ("b", "throttled"),
    ]
    now.now += 60
    assert [(one.host, one.seconds) for one in tally.report().quiet] == [("a", 1740)]


def test_an_end_without_a_beginning_is_no_harm(tally: Tally) -> None:
    tally.ended(Coming("a"))
    assert tally.running == 0


def test_what_nobody_planned_does_not_count(tally: Tally) -> None:
    tally.finished(100)
    tally.plan(1, 1000)
    tally.finished(1000)
    tally.finished(100)
    report = tally.report()
    assert (report.files, report.of_files, report.bytes) == (1, 1, 1000)
