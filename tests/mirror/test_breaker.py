# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that ban or throttle us are left alone for as long as it takes, others are not."""

from __future__ import annotations

import pytest

from mirror.breaker import FIRST_PAUSE, LONGEST_PAUSE, LONGEST_THROTTLE, Breakers, HostBanned


class Now:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def breakers(now: Now) -> Breakers:
    return Breakers(now)


def test_a_ban_closes_one_host_and_no_other(breakers: Breakers) -> None:
    assert breakers.ban("a") == FIRST_PAUSE
    with pytest.raises(HostBanned, match=r"a has banned this address.* 30 more minutes"):
        breakers.admit("a")
    assert breakers.admit("b") == 0


def test_after_the_pause_one_probe_and_only_one(breakers: Breakers, now: Now) -> None:
    breakers.ban("a")
    now.time += FIRST_PAUSE
    assert breakers.admit("a") == 0
    with pytest.raises(HostBanned):
        breakers.admit("a")
    breakers.success("a")
    assert breakers.admit("a") == 0
    assert breakers.admit("a") == 0


def test_a_probe_that_fails_otherwise_may_be_repeated(breakers: Breakers, now: Now) -> None:
    breakers.ban("a")
    now.time += FIRST_PAUSE
    breakers.admit("a")
    breakers.failure("a")
    assert breakers.admit("a") == 0


def test_each_further_ban_doubles_up_to_a_day(breakers: Breakers) -> None:
    pauses = [breakers.ban("a") for _ in range(8)]
    assert pauses[:3] == [1800, 3600, 7200]
    assert pauses[-1] == LONGEST_PAUSE


def test_a_throttled_host_is_quiet_for_everybody(breakers: Breakers, now: Now) -> None:
    assert breakers.throttle("a", 30) == 30
    assert breakers.admit("a") == 30
    now.time += 10
    assert breakers.admit("a") == 20
    breakers.success("a")
    assert breakers.admit("a") == 20
    assert breakers.admit("b") == 0
    now.time += 30
    assert breakers.admit("a") == 0


def test_no_throttling_lasts_longer_than_a_quarter_of_an_hour(breakers: Breakers) -> None:
    assert breakers.throttle("a", 1e9) == LONGEST_THROTTLE


def test_remembers_who_answered_well(breakers: Breakers) -> None:
    assert not breakers.succeeded_before("a")
    breakers.success("a")
    assert breakers.succeeded_before("a")
    assert not breakers.succeeded_before("b")
