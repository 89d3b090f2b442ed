# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from rebuilders.task import Outcome, Task
from snapshot.digest import Digest
from snapshot.verdict import Status
from tests.rebuilders.stand_in_server import StandIn


def test_a_task_knows_the_number_of_its_job_and_does_not_change() -> None:
    server = StandIn(url="http://127.0.0.1:1")
    number = server.add_job("a.buildinfo", b"", {})
    task = Task(server.queue[0], "deb", Path("a"), "a.buildinfo", Digest.of(b""), (), 1.0)
    assert task.job_id == number
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.timeout = 2.0  # type: ignore[misc]


def test_an_outcome_says_strict_unless_told_otherwise() -> None:
    assert Outcome(Status.GOOD).strategy.name == "strict"
