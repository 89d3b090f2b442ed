# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ops.demo.servants import Servants, program, wait_until
from snapshot.errors import DejabuildError


def wait(ready: object, servant: object, timeout: float = 20.0) -> None:
    wait_until(
        ready,  # type: ignore[arg-type]
        [servant],  # type: ignore[list-item]
        clock=time.monotonic,
        sleep=time.sleep,
        timeout=timeout,
        what="it",
    )


@pytest.mark.programs
def test_a_servant_that_ends_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    assert Path(program()).exists()
    with Servants(tmp_path) as servants:
        servant = servants.start("odd", ["no-such-command"])
        with pytest.raises(DejabuildError, match="odd ended with status 2") as problem:
            wait(lambda: False, servant)
    assert "no-such-command" in problem.value.advice


def test_waiting_has_an_end() -> None:
    ticks = iter(range(100))
    with pytest.raises(DejabuildError, match="waited 3 s for a sign"):
        wait_until(
            lambda: False,
            [],
            clock=lambda: float(next(ticks)),
            sleep=lambda _: None,
            timeout=3,
            what="a sign",
        )


@pytest.mark.programs
def test_leaving_ends_a_servant_with_its_children(tmp_path: Path) -> None:
    with Servants(tmp_path) as servants:
        servant = servants.start("demo", ["demo", "--help"])
        group = servant.process.pid
    assert servant.process.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
