# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of a JSON body name the path of what is wrong."""

from typing import Any

import pytest

from snapshot.errors import InvalidInput
from snapshot.wire.fields import Fields, naive_time, parse_naive_time


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "a: expected text, got nothing"),
        ({"a": 1}, "a: expected text, got a number"),
        ({"a": None}, "a: expected text, got null"),
    ],
)
def test_a_missing_or_wrong_text_is_named(body: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        Fields(body).text("a")


def test_the_path_leads_into_lists() -> None:
    fields = Fields({"packages": [{"name": "a"}, {"name": 3}]})
    with pytest.raises(InvalidInput, match=r"packages\[1\].name"):
        [item.text("name") for item in fields.objects("packages")]


@pytest.mark.parametrize("bad", [2**31, -(2**31) - 1, True, "1", 1.5, None])
def test_an_id_is_a_32_bit_integer(bad: object) -> None:
    with pytest.raises(InvalidInput):
        Fields({"id": bad}).integer("id")


@pytest.mark.parametrize("bad", [[256], [-1], ["a"], "abc", {}, [1.5]])
def test_bytes_are_a_list_of_0_to_255(bad: object) -> None:
    with pytest.raises(InvalidInput):
        Fields({"log": bad}).blob("log")


def test_an_absent_list_is_empty_and_a_wrong_one_is_refused() -> None:
    assert Fields({}).texts("a") == ()
    with pytest.raises(InvalidInput, match=r"a\[1\]"):
        Fields({"a": ["x", 1]}).texts("a")
    with pytest.raises(InvalidInput):
        Fields([1])


def test_times_have_no_zone_letter_and_nanoseconds_are_read() -> None:
    assert naive_time(0) == "1970-01-01T00:00:00"
    assert naive_time(1.5) == "1970-01-01T00:00:01.500000"
    assert parse_naive_time("1970-01-01T00:00:01.500000000") == pytest.approx(1.5)


@pytest.mark.parametrize("bad", ["1970-01-01T00:00:01Z", "1970-13-01T00:00:01", "", "0"])
def test_other_times_are_refused(bad: str) -> None:
    with pytest.raises(InvalidInput):
        parse_naive_time(bad)


def test_durations_are_numbers() -> None:
    assert Fields({"p": {"build": 2}}).seconds("p") == {"build": 2.0}
    with pytest.raises(InvalidInput):
        Fields({"p": {"build": "2"}}).seconds("p")


def test_a_time_that_would_round_up_to_the_year_10000_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no such time"):
        parse_naive_time("9999-12-31T23:59:59.9999999")


def test_a_member_that_is_refused_is_named() -> None:
    fields = Fields({"job": {"at": "noon", "digest": "x"}}).object("job")
    with pytest.raises(InvalidInput, match=r"^job\.at: not a time"):
        fields.time("at")
    with pytest.raises(InvalidInput, match=r"^job\.digest: not a SHA-256"):
        fields.digest("digest")
