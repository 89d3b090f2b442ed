# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether and when to try again, by reason. Pure: time is passed in.

rebuilderd treats every failure alike and waits days. Here a reason decides: what may be better
in a minute is tried soon, what depends on a mirror catching up is tried after an hour, a
difference is tried again to find out whether it is stable, and a build that fails by itself
is not tried again.
"""

from __future__ import annotations

from dataclasses import dataclass

from snapshot.verdict import Reason, Status, Verdict
from storage.ledger.values import QUEUE_RETRY, Retry

#: Something was not mirrored (yet): worth another look, no hurry.
AWAITED = frozenset({Reason.BUILDINFO_MISSING, Reason.SOURCE_MISSING, Reason.DEPENDENCY_MISSING})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Limits and pauses.

    Attributes:
        transient_tries: Retries in a row after transient reasons.
        transient_pause: Seconds before the first of them; doubles each time.
        awaited_tries: Retries when an input is missing.
        awaited_pause: Seconds before each of them.
        bad_tries: Retries of a BAD, to tell a flaky build from a stable difference.
        bad_pause: Seconds, times (retries so far + 1): rebuilderd's `retry_delay_base`.
        max_retries: Retries of a target over all reasons; None: no such limit.
        priority: Of a retry.
    """

    transient_tries: int = 4
    transient_pause: float = 300.0
    awaited_tries: int = 2
    awaited_pause: float = 3600.0
    bad_tries: int = 2
    bad_pause: float = 86_400.0
    max_retries: int | None = None
    priority: int = QUEUE_RETRY


@dataclass(frozen=True, slots=True)
class Past:
    """What happened before the attempt that just ended.

    Attributes:
        retries: BAD and FAIL attempts of the target.
        same: Attempts of the target with the same status and reason.
        hurried: Transient failures in a row that led to this job.
        lost: Whether this is the `worker-lost` after the last claim: the hurry is over.
    """

    retries: int = 0
    same: int = 0
    hurried: int = 0
    lost: bool = False


def counts_as_retry(verdict: Verdict) -> bool:
    """Whether the target's counter moves: after every BAD and FAIL, as rebuilderd counts."""
    return verdict.status in (Status.BAD, Status.FAIL)


def plan_retry(verdict: Verdict, past: Past, *, policy: RetryPolicy, now: float) -> Retry | None:
    """The next place in the queue, or None.

    Args:
        verdict: Of the attempt that just ended.
        past: What came before it.
        policy: Limits and pauses.
        now: Seconds since 1970.
    """
    if not counts_as_retry(verdict):
        return None
    if policy.max_retries is not None and past.retries >= policy.max_retries:
        return None
    reason = verdict.reason
    retry = None
    if reason is not None and reason.transient and not past.lost:
        if past.hurried < policy.transient_tries:
            pause = policy.transient_pause * 2**past.hurried
            retry = Retry(now + pause, policy.priority, past.hurried + 1)
    elif reason in AWAITED:
        if past.same < policy.awaited_tries:
            retry = Retry(now + policy.awaited_pause, policy.priority, 0)
    elif (verdict.status is Status.BAD or past.lost) and past.same < policy.bad_tries:
        # rebuilderd raises the counter first: 48 h after the first time, then 72 h.
        retry = Retry(now + (past.retries + 2) * policy.bad_pause, policy.priority, 0)
    return retry
