# SPDX-License-Identifier: GPL-3.0-or-later
"""A sleep that ends with the work it belongs to."""

from __future__ import annotations

import threading

import pytest

from mirror.halt import Halt, Stopped


def test_a_sleep_is_as_long_as_it_says_unless_it_is_ended() -> None:
    halt = Halt()
    halt.sleep(0.001)
    assert not halt.is_set()


def test_all_who_sleep_wake_up() -> None:
    halt, woken = Halt(), []

    def sleep() -> None:
        try:
            halt.sleep(3600)
        except Stopped as error:
            woken.append(error.exit_code)

    threads = [threading.Thread(target=sleep) for _ in range(4)]
    for thread in threads:
        thread.start()
    halt.set()
    for thread in threads:
        thread.join()
    assert woken == [130] * 4


def test_nobody_falls_asleep_afterwards_until_work_begins_again() -> None:
    halt = Halt()
    halt.set()
    with pytest.raises(Stopped):
        halt.sleep(3600)
    halt.clear()
    halt.sleep(0)
