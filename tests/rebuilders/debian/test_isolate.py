# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from rebuilders.capture_log import BoundedLog
from rebuilders.debian.isolate import run
from rebuilders.failure import Interrupted, RebuildFailure
from snapshot.verdict import Reason
from tests.rebuilders.debian.sandboxes import attempt, needs_root, sandbox, shell
from tests.rebuilders.looking_around import sleepers, unique_seconds

pytestmark = needs_root


@pytest.mark.programs
def test_steps_run_in_order_until_one_fails() -> None:
    ending, log = attempt([shell("echo one"), shell("echo two; exit 3"), shell("echo never")])
    assert (ending.exit_code, ending.step, ending.timed_out) == (3, 1, False)
    assert log == "one\ntwo\n"


@pytest.mark.programs
def test_a_step_that_is_killed_ends_with_128_and_the_signal() -> None:
    assert attempt([shell("kill -SEGV $$")])[0].exit_code == 139


@pytest.mark.programs
def test_a_program_that_is_not_there_is_127() -> None:
    ending, log = attempt([{"argv": ["no-such-program"], "environment": {}}])
    assert ending.exit_code == 127
    assert "no-such-program" in log


@pytest.mark.programs
def test_time_that_is_up_ends_every_process() -> None:
    pause = unique_seconds()
    ending, log = attempt([shell(f"sleep {pause} & sleep {pause}")], timeout=0.1)
    assert ending.timed_out
    assert ending.exit_code == 124
    assert "the time is up" in log
    assert sleepers(pause) == []


@pytest.mark.programs
def test_a_worker_that_ends_takes_the_sandbox_along() -> None:
    pause = unique_seconds()
    with (
        sandbox() as (made, folder),
        BoundedLog(folder / "log") as log,
        pytest.raises(Interrupted),
    ):
        run(made, [shell(f"sleep {pause}")], log, timeout=60, stop=lambda: True)


@pytest.mark.programs
def test_a_sandbox_that_cannot_be_made_is_our_failure() -> None:
    with pytest.raises(RebuildFailure) as caught:
        attempt([shell("true")], upper="/dev/shm/no/such/directory")
    assert caught.value.reason is Reason.ENVIRONMENT_SETUP
    assert "mount overlay" in caught.value.detail
