# SPDX-License-Identifier: GPL-3.0-or-later
"""A host gets no more than it bears, and no less than it could have when all is well."""

from __future__ import annotations

import threading

import pytest

from mirror.halt import Halt, Stopped
from mirror.pace import BROKEN_LEAST, GROWTH, TOLD_LEAST, Bandwidth, Pace
from tests.mirror.fetch_bench import Time


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def pace(now: Time) -> Pace:
    return Pace(8, clock=now, sleep=now.sleep)


def fail(pace: Pace, host: str = "a", least: float = TOLD_LEAST) -> None:
    with pace.turn(host) as turn:
        turn.least = least


def test_while_all_is_well_nobody_waits(pace: Pace, now: Time) -> None:
    for _ in range(100):
        with pace.turn("a"):
            pass
    assert now.pauses == []
    assert pace.width("a") == 8


def test_each_refusal_halves_one_host_and_no_other(pace: Pace) -> None:
    fail(pace)
    assert pace.width("a") == 4
    fail(pace)
    assert (pace.width("a"), pace.width("b")) == (2, 8)


def test_success_widens_slowly_and_not_beyond_the_limit(pace: Pace) -> None:
    fail(pace)
    for _ in range(int(1 / GROWTH)):
        with pace.turn("a"):
            pass
    assert pace.width("a") == 5
    for _ in range(1000):
        with pace.turn("a"):
            pass
    assert pace.width("a") == 8


def test_requests_that_fail_together_halve_once(pace: Pace) -> None:
    with pace.turn("a") as first, pace.turn("a") as second, pace.turn("a") as third:
        first.least = second.least = third.least = TOLD_LEAST
    assert pace.width("a") == 4


def test_broken_connections_lead_to_one_at_a_time_and_to_no_pause(pace: Pace, now: Time) -> None:
    for _ in range(20):
        fail(pace, least=BROKEN_LEAST)
    assert pace.width("a") == 1
    assert now.pauses == []


def test_a_host_that_says_it_is_too_much_gets_pauses(pace: Pace, now: Time) -> None:
    for _ in range(4):
        fail(pace)
    assert pace.width("a") == 0.5
    assert now.pauses == []
    fail(pace)
    fail(pace)
    assert now.pauses == [1]  # one second from request to request, then three
    for _ in range(20):
        fail(pace)
    assert pace.width("a") == TOLD_LEAST
    assert max(now.pauses) == 31


def test_trouble_never_widens_a_window(pace: Pace) -> None:
    for _ in range(8):
        fail(pace)
    narrow = pace.width("a")
    fail(pace, least=BROKEN_LEAST)
    assert pace.width("a") <= narrow


def test_no_more_run_together_than_the_window_has_room(now: Time) -> None:
    pace = Pace(2, clock=now, sleep=now.sleep)
    together, most, lock = [0], [0], threading.Lock()

    def ask() -> None:
        for _ in range(50):
            with pace.turn("a"):
                with lock:
                    together[0] += 1
                    most[0] = max(most[0], together[0])
                with lock:
                    together[0] -= 1

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] <= 2


def test_one_who_waits_for_a_turn_can_be_stopped(now: Time) -> None:
    halt, ended = Halt(), []
    pace = Pace(1, clock=now, sleep=now.sleep, halted=halt.is_set)

    def ask() -> None:
        try:
            with pace.turn("a"):
                ended.append("came in")
        except Stopped:
            ended.append("stopped")

    with pace.turn("a"):
        thread = threading.Thread(target=ask)
        thread.start()
        halt.set()
        pace.wake()
        thread.join()
    assert ended == ["stopped"]


def test_a_turn_that_is_stopped_in_its_pause_is_given_back(now: Time) -> None:
    def stop(_seconds: float) -> None:
        raise Stopped("now")

    pace = Pace(1, clock=now, sleep=stop, most_requests=0.1)
    with pace.turn("a"):
        pass
    for _ in range(3):
        with pytest.raises(Stopped), pace.turn("a"):
            pass
    now.now += 60
    with pace.turn("a"):
        pass


def test_a_limit_of_requests_a_second_spaces_them(now: Time) -> None:
    pace = Pace(8, clock=now, sleep=now.sleep, most_requests=0.5)
    began = now.now
    for _ in range(10):
        with pace.turn("a"):
            pass
    assert now.now - began == 18
    with pace.turn("b"):
        pass
    assert now.now - began == 18


def test_a_clock_that_is_set_back_costs_a_minute_at_most(now: Time) -> None:
    pace = Pace(8, clock=now, sleep=now.sleep, most_requests=1)
    with pace.turn("a"):
        pass
    now.now -= 3600
    with pace.turn("a"):
        pass
    assert max(now.pauses) <= 60


def test_bytes_come_no_faster_than_allowed(now: Time) -> None:
    bandwidth = Bandwidth(1_000_000, clock=now, sleep=now.sleep)
    began, total = now.now, 0
    while total < 10_000_000:
        bandwidth.wait()
        bandwidth.took(bandwidth.piece)
        total += bandwidth.piece
    bandwidth.wait()
    assert now.now - began == pytest.approx(total / 1_000_000)


def test_a_slow_line_never_waits(now: Time) -> None:
    bandwidth = Bandwidth(1_000_000, clock=now, sleep=now.sleep)
    for _ in range(100):
        bandwidth.wait()
        bandwidth.took(50_000)
        now.now += 0.06
    assert now.pauses == []
