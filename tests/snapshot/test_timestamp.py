# SPDX-License-Identifier: GPL-3.0-or-later
"""Stamps are UTC seconds, and impossible dates are refused."""

from datetime import datetime, timedelta, timezone

import pytest

from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp


def test_a_stamp_reads_back_as_it_was_written() -> None:
    assert str(Timestamp.parse("20260711T101637Z")) == "20260711T101637Z"


def test_a_day_means_its_first_second() -> None:
    assert str(Timestamp.parse("20260711")) == "20260711T000000Z"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "now",
        "20261399T000000Z",
        "20260230",
        "20260711T250000Z",
        "2026-07-11",
        "20260711T101637",
        "\uff12\uff10\uff12\uff160711",
    ],
)
def test_impossible_stamps_are_refused(bad: str) -> None:
    with pytest.raises(InvalidInput):
        Timestamp.parse(bad)


def test_release_dates_are_read_in_their_zone() -> None:
    assert str(Timestamp.from_rfc2822("Sat, 11 Jul 2026 10:16:37 UTC")) == "20260711T101637Z"
    assert str(Timestamp.from_rfc2822("Sat, 11 Jul 2026 12:16:37 +0200")) == "20260711T101637Z"


@pytest.mark.parametrize(
    "text", ["yesterday", "", "Sat, 11 Jul 99999999999999999999 10:16:37 +0000"]
)
def test_a_date_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a date"):
        Timestamp.from_rfc2822(text)


def test_a_naive_datetime_would_be_a_guess() -> None:
    with pytest.raises(InvalidInput, match="without a zone"):
        Timestamp.from_datetime(datetime(2026, 7, 11))  # noqa: DTZ001 - the point of the test
    zone = timezone(timedelta(hours=2))
    assert str(Timestamp.from_datetime(datetime(2026, 7, 11, 2, tzinfo=zone))) == "20260711T000000Z"


def test_order_is_time_order() -> None:
    assert Timestamp.parse("20260711") < Timestamp.parse("20260711T000001Z")


def test_a_date_that_its_zone_moves_out_of_the_calendar_is_refused() -> None:
    with pytest.raises(InvalidInput, match="outside the years 1 to 9999"):
        Timestamp.from_rfc2822("Fri, 31 Dec 9999 23:59:59 -0500")
