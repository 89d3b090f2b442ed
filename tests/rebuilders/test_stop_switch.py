# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal

from rebuilders.stop_switch import StopSwitch


def test_asking_once_ends_after_the_job_and_twice_now() -> None:
    stop = StopSwitch()
    stop.ask()
    assert (stop.after_job.is_set(), stop.now.is_set()) == (True, False)
    stop.ask()
    assert stop.now.is_set()


def test_asking_now_is_both() -> None:
    stop = StopSwitch()
    stop.ask_now()
    assert (stop.after_job.is_set(), stop.now.is_set()) == (True, True)


def test_signals_ask_and_the_old_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = StopSwitch()
    with stop.on_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.after_job.wait(1.0)
        assert not stop.now.is_set()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.now.wait(1.0)
    assert signal.getsignal(signal.SIGTERM) == before
