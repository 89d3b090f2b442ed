# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from orchestrator.requeue import AWAITED, Past, RetryPolicy, counts_as_retry, plan_retry
from snapshot.verdict import Reason, Status, Verdict

NOW = 1000.0
POLICY = RetryPolicy()
BAD = Verdict(Status.BAD)
DETERMINISTIC = sorted(r for r in Reason if not r.transient and r not in AWAITED)


def fail(reason: Reason) -> Verdict:
    return Verdict(Status.FAIL, reason)


def pause(verdict: Verdict, past: Past, policy: RetryPolicy = POLICY) -> float | None:
    retry = plan_retry(verdict, past, policy=policy, now=NOW)
    return None if retry is None else retry.not_before - NOW


def test_good_is_never_tried_again() -> None:
    assert pause(Verdict(Status.GOOD), Past()) is None
    assert not counts_as_retry(Verdict(Status.GOOD))


@pytest.mark.parametrize("reason", sorted(r for r in Reason if r.transient))
def test_a_transient_reason_is_tried_again_within_minutes(reason: Reason) -> None:
    assert [pause(fail(reason), Past(hurried=n)) for n in range(5)] == [300, 600, 1200, 2400, None]


@pytest.mark.parametrize("reason", DETERMINISTIC)
def test_what_fails_by_itself_is_not_tried_again(reason: Reason) -> None:
    assert pause(fail(reason), Past()) is None
    assert counts_as_retry(fail(reason))


@pytest.mark.parametrize("reason", sorted(AWAITED))
def test_what_a_mirror_may_still_bring_is_tried_hourly_and_not_for_ever(reason: Reason) -> None:
    assert [pause(fail(reason), Past(same=n)) for n in range(3)] == [3600, 3600, None]


def test_a_bad_is_tried_twice_more_with_the_pauses_of_rebuilderd() -> None:
    hours = [pause(BAD, Past(retries=n, same=n)) for n in range(3)]
    assert hours == [48 * 3600, 72 * 3600, None]


def test_a_lost_worker_is_no_hurry_any_more_after_the_last_claim() -> None:
    assert pause(fail(Reason.WORKER_LOST), Past(lost=True)) == 48 * 3600


def test_max_retries_ends_everything() -> None:
    policy = RetryPolicy(max_retries=3)
    assert pause(BAD, Past(retries=3), policy) is None
    assert pause(fail(Reason.DISK_FULL), Past(retries=3), policy) is None
    assert pause(fail(Reason.DISK_FULL), Past(retries=2), policy) == 300


def test_the_hurry_is_counted_and_forgotten() -> None:
    hurried = plan_retry(fail(Reason.DISK_FULL), Past(hurried=1), policy=POLICY, now=NOW)
    calm = plan_retry(BAD, Past(hurried=2), policy=POLICY, now=NOW)
    assert hurried is not None
    assert calm is not None
    assert (hurried.hurried, calm.hurried) == (2, 0)
