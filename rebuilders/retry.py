# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried again, how long, and with which pauses; what a status means for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential
from tenacity.wait import wait_base

from snapshot.errors import DejabuildError, Denied, NotFound, PermanentError, TransientError

Answer = TypeVar("Answer")

_TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long transient trouble is borne.

    Attributes:
        give_up_after: Seconds; then the last error is raised.
        longest_pause: Seconds between two tries at most.
    """

    give_up_after: float = 120.0
    longest_pause: float = 15.0


def retried(
    send: Callable[[], Answer], policy: RetryPolicy, stop: Callable[[], bool] = lambda: False
) -> Answer:
    """Do something until it is not a `TransientError`, or the policy gives up.

    Args:
        send: What to do.
        policy: How long.
        stop: Asked before every pause; true gives up at once.
    """
    return Retrying(
        retry=retry_if_exception_type(TransientError),
        stop=lambda state: stop() or stop_after_delay(policy.give_up_after)(state),
        wait=_asked_or(wait_random_exponential(multiplier=0.3, max=policy.longest_pause)),
        reraise=True,
    )(send)


def raise_for_status(status: int, text: str, retry_after: str = "") -> None:
    """Turn a refusal into an error of the right class; below 400 nothing happens.

    Args:
        status: HTTP status.
        text: What was asked and answered, for people.
        retry_after: The header of that name; only seconds are understood.

    Raises:
        TransientError: May be tried again; carries `Retry-After`.
        Denied: 401 or 403.
        NotFound: 404 or 410.
        PermanentError: Any other refusal.
    """
    if status < 400:
        return
    error: DejabuildError
    if status in _TRANSIENT_STATUS:
        after = float(retry_after) if retry_after.isdecimal() else None
        error = TransientError(text, retry_after=after)
    elif status in {401, 403}:
        error = Denied(text, advice="the server does not know this worker, or its secret is wrong")
    elif status in {404, 410}:
        error = NotFound(text)
    else:
        error = PermanentError(text)
    raise error


def _asked_or(otherwise: wait_base) -> Callable[[Any], float]:
    """Wait as long as the server asked (five minutes at most), else as the policy says."""

    def wait(state: Any) -> float:
        error = state.outcome.exception()
        asked = getattr(error, "retry_after", None)
        return min(asked, 300.0) if asked is not None else otherwise(state)

    return wait
