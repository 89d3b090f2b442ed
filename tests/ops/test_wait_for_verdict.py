# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ops.wait_for_verdict import wait_for_verdict


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


QUEUED: dict[str, Any] = {"state": "queued", "jobs": [{"id": 7, "state": "queued"}], "attempts": []}
RETRY = {**QUEUED, "attempts": [{"id": 1, "job": 7, "status": "FAIL"}]}
OLD = {"id": 0, "job": 5, "status": "BAD"}
DONE = {
    "state": "done",
    "jobs": [],
    "attempts": [OLD, {"id": 1, "job": 7, "status": "FAIL"}, {"id": 2, "job": 7, "status": "GOOD"}],
}


def wait(states: list[dict[str, Any]], told: list[str]) -> dict[str, Any] | None:
    clock = Clock()
    answers = iter([*states, *([states[-1]] * 1000)])
    return wait_for_verdict(
        lambda: next(answers), 7, clock=clock, sleep=clock.sleep, timeout=60, tell=told.append
    )


def test_the_last_attempt_of_the_job_is_the_verdict_not_a_try_before_a_retry() -> None:
    told: list[str] = []
    attempt = wait([QUEUED, QUEUED, RETRY, DONE], told)
    assert attempt is not None
    assert attempt["status"] == "GOOD"
    assert told == ["queued"]


def test_waiting_ends_when_time_runs_out() -> None:
    assert wait([{**QUEUED, "attempts": [OLD]}], []) is None
