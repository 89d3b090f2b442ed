# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from rebuilders.retry import RetryPolicy, raise_for_status, retried
from snapshot.errors import Denied, NotFound, PermanentError, TransientError

FAST = RetryPolicy(give_up_after=5.0, longest_pause=0.001)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_trouble_that_passes_is_transient(status: int) -> None:
    with pytest.raises(TransientError) as caught:
        raise_for_status(status, "text", "7")
    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize(
    ("status", "error"), [(401, Denied), (403, Denied), (404, NotFound), (410, NotFound)]
)
def test_a_refusal_has_its_own_class(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        raise_for_status(status, "text")


@pytest.mark.parametrize("status", [400, 413, 422, 501])
def test_other_refusals_are_for_good(status: int) -> None:
    with pytest.raises(PermanentError):
        raise_for_status(status, "text")


def test_answers_are_no_errors() -> None:
    for status in (200, 204, 206, 308):
        raise_for_status(status, "text")


def test_only_transient_trouble_is_tried_again() -> None:
    left = [TransientError("a"), TransientError("b", retry_after=0.0)]
    asked = 0

    def send() -> str:
        nonlocal asked
        asked += 1
        if left:
            raise left.pop()
        return "answer"

    assert retried(send, FAST) == "answer"
    assert asked == 3

    def refuse() -> str:
        nonlocal asked
        asked += 1
        raise NotFound("no")

    with pytest.raises(NotFound):
        retried(refuse, FAST)
    assert asked == 4


def test_a_worker_that_ends_does_not_go_on_trying() -> None:
    def send() -> None:
        raise TransientError("away")

    with pytest.raises(TransientError):
        retried(send, RetryPolicy(), lambda: True)
