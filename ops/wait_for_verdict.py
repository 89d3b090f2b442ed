# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for the verdict of a job that a server was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def wait_for_verdict(
    ask: Callable[[], dict[str, Any]],
    job: int,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    timeout: float,
    tell: Callable[[str], None],
) -> dict[str, Any] | None:
    """Wait until a job has its last attempt.

    Args:
        ask: Gives the target's state, as `ServerClient.target` does.
        job: The job waited for.
        clock: Monotonic seconds.
        sleep: Waits so many seconds.
        timeout: Seconds after which to stop waiting.
        tell: Is told when the state changes.

    Returns:
        The job's last attempt, or None when time ran out.
    """
    deadline = clock() + timeout
    told, pause = "", 0.2
    while True:
        state = ask()
        still = [one for one in state["jobs"] if one["id"] == job]
        attempts = [one for one in state["attempts"] if one["job"] == job]
        if attempts and not still:
            return dict(max(attempts, key=lambda one: one["id"]))
        word = still[0]["state"] if still else str(state["state"])
        if word != told:
            tell(word)
            told = word
        if clock() >= deadline:
            return None
        sleep(pause)
        pause = min(2.0, pause * 1.3)
