# SPDX-License-Identifier: GPL-3.0-or-later
"""How often and after what pause a transient failure is tried again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mirror.retry import MOST_TRIES, Interrupted, RetryPolicy
from snapshot.errors import NotFound, TransientError


class Clock:
    def __init__(self) -> None:
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def policy(clock: Clock, jitter: float = 1.0) -> RetryPolicy:
    return RetryPolicy(sleep=clock.sleep, random=lambda: jitter)


def failing(errors: Iterator[Exception | None]) -> str:
    error = next(errors)
    if error is not None:
        raise error
    return "done"


def test_a_passing_failure_is_tried_again_after_doubled_pauses() -> None:
    clock = Clock()
    errors = iter([TransientError("1"), TransientError("2"), TransientError("3"), None])
    assert policy(clock).run(lambda: failing(errors)) == "done"
    assert clock.pauses == [1, 2, 4]


def test_patience_ends_after_tries_without_progress() -> None:
    clock = Clock()
    errors = iter(TransientError(str(n)) for n in range(1, 99))
    with pytest.raises(TransientError, match="6"):
        policy(clock).run(lambda: failing(errors))
    assert len(clock.pauses) == 5


def test_progress_renews_patience() -> None:
    clock = Clock()
    errors = iter([Interrupted("cut", progressed=True) for _ in range(50)] + [None])
    assert policy(clock).run(lambda: failing(errors)) == "done"
    assert set(clock.pauses) == {1}


def test_progress_does_not_go_on_for_ever() -> None:
    clock = Clock()
    with pytest.raises(Interrupted):
        policy(clock).run(lambda: failing(iter([Interrupted("cut", progressed=True)])))
    assert len(clock.pauses) == MOST_TRIES - 1


def test_permanent_failures_are_not_tried_again() -> None:
    clock = Clock()
    with pytest.raises(NotFound):
        policy(clock).run(lambda: failing(iter([NotFound("gone")])))
    assert clock.pauses == []


def test_what_the_upstream_asks_for_is_honoured() -> None:
    clock = Clock()
    errors = iter([TransientError("busy", retry_after=120), None])
    policy(clock).run(lambda: failing(errors))
    assert clock.pauses == [120]


@pytest.mark.parametrize("failures", [1, 2, 5, 30])
@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_a_pause_is_random_but_bounded(failures: int, jitter: float) -> None:
    pause = policy(Clock(), jitter).pause(failures)
    assert 0.5 <= pause <= min(60, 2 ** (failures - 1))
