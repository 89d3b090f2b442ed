# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that ban or throttle us are left alone for as long as it takes, others are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.breaker import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_THROTTLE,
    PROBE_PAUSE,
    Breakers,
    HostBanned,
    HostState,
    read_hosts,
)


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


def ban_and_wait(breakers: Breakers, now: Now) -> float:
    """One ban of a probe, and its pause."""
    breakers.admit("a")
    pause = breakers.ban("a")
    now.time += pause
    return pause


def test_each_further_ban_doubles_up_to_a_day(breakers: Breakers, now: Now) -> None:
    pauses = [ban_and_wait(breakers, now) for _ in range(8)]
    assert pauses == [1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 86_400]


def test_requests_that_are_banned_together_are_one_ban(breakers: Breakers, now: Now) -> None:
    assert breakers.ban("a") == 1800
    now.time += 1
    assert breakers.ban("a") == 1799
    now.time += 1799
    assert breakers.admit("a") == 0
    assert breakers.ban("a") == 3600


def test_an_answer_that_was_under_way_does_not_end_a_ban(breakers: Breakers) -> None:
    breakers.ban("a")
    breakers.success("a")
    breakers.failure("a")
    with pytest.raises(HostBanned):
        breakers.admit("a")


def test_a_probe_that_never_ends_is_repeated(breakers: Breakers, now: Now) -> None:
    breakers.ban("a")
    now.time += FIRST_PAUSE
    breakers.admit("a")
    with pytest.raises(HostBanned, match="is being probed"):
        breakers.admit("a")
    now.time += PROBE_PAUSE
    assert breakers.admit("a") == 0


def test_bans_are_counted_for_a_day_after_the_last(breakers: Breakers, now: Now) -> None:
    ban_and_wait(breakers, now)
    breakers.admit("a")
    breakers.success("a")
    assert ban_and_wait(breakers, now) == 3600
    breakers.admit("a")
    breakers.success("a")
    now.time += LONGEST_PAUSE + 1
    assert breakers.ban("a") == 1800


def test_a_restart_does_not_forget_a_ban(now: Now, tmp_path: Path) -> None:
    path = tmp_path / "run" / "hosts.json"
    Breakers(now, path).ban("a")
    other = Breakers(now, path)
    with pytest.raises(HostBanned):
        other.admit("a")
    assert read_hosts(path) == {"a": HostState(1, now.time, now.time + 1800)}


def test_one_probe_among_all_processes(now: Now, tmp_path: Path) -> None:
    one, other = (Breakers(now, tmp_path / "hosts.json") for _ in range(2))
    one.ban("a")
    now.time += FIRST_PAUSE
    assert other.admit("a") == 0
    with pytest.raises(HostBanned, match="is being probed"):
        one.admit("a")
    other.success("a")
    assert one.admit("a") == 0
    assert other.admit("a") == 0


def test_quiet_is_kept_by_all_processes(now: Now, tmp_path: Path) -> None:
    one, other = (Breakers(now, tmp_path / "hosts.json") for _ in range(2))
    one.throttle("a", 30)
    assert other.admit("a") == 30
    assert other.admit("b") == 0


def test_what_a_wrong_clock_wrote_costs_a_probe_at_most(now: Now, tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    now.time += 10 * LONGEST_PAUSE
    Breakers(now, path).ban("a")
    Breakers(now, path).throttle("b", 30)
    now.time -= 10 * LONGEST_PAUSE
    breakers = Breakers(now, path)
    assert breakers.admit("b") == 0
    assert breakers.admit("a") == 0
    with pytest.raises(HostBanned):
        breakers.admit("a")


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


def test_a_ban_counts_where_its_file_cannot_be_written(now: Now, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the directory should be")
    breakers = Breakers(now, tmp_path / "run" / "hosts.json")
    breakers.ban("a")
    breakers.throttle("b", 60.0)
    with pytest.raises(HostBanned):
        breakers.admit("a")
    with pytest.raises(HostBanned):
        breakers.admit("a")
    assert breakers.admit("b") == 60.0
    now.time += FIRST_PAUSE
    assert breakers.admit("a") == 0
    breakers.success("a")
    assert breakers.admit("a") == 0
