# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upstream's answer means, in one table: the only place that knows.

| the upstream                                  | outcome   | what follows                        |
|-----------------------------------------------|-----------|-------------------------------------|
| 200, or 206 for the range asked; hash holds   | OK        | store                               |
| 200 to a Range request                        | RESTART   | begin again at byte 0, never append |
| short body, reset, stall, broken chunk        | TRANSIENT | keep, back off, resume              |
| size or hash wrong, wrong Content-Range       | CORRUPT   | drop, once more uncached, next      |
| 301 302 303 307 308                           | FOLLOW    | at most five, never https → http    |
| 404 410                                       | MISSING   | next upstream, never hot-retried    |
| 403 first time                                | REFUSED   | next upstream, recorded             |
| 403 after successes, 509, 403 + Retry-After 0 | BANNED    | the host's breaker opens            |
| 416                                           | CONFLICT  | drop what was kept, begin again     |
| 429, 503 with Retry-After above 0             | THROTTLED | wait as told, at most 15 minutes    |
| 408, 425, 429, 5xx without one                | TRANSIENT | back off                            |
| TLS or certificate error, other 4xx           | FATAL     | fail loudly, never downgrade        |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Fault = Literal["", "connection", "short-body", "tls", "wrong-bytes", "wrong-range", "too-long"]

_PASSING = {408, 425, 429}


class FetchOutcome(Enum):
    """What an answer means."""

    OK = "ok"
    RESTART = "restart"
    TRANSIENT = "transient"
    CORRUPT = "corrupt"
    FOLLOW = "follow"
    MISSING = "missing"
    REFUSED = "refused"
    BANNED = "banned"
    CONFLICT = "conflict"
    THROTTLED = "throttled"
    FATAL = "fatal"


#: What a status means after a Range request, and without one.
_DEPENDS_ON_RANGE = {
    200: (FetchOutcome.RESTART, FetchOutcome.OK),
    206: (FetchOutcome.OK, FetchOutcome.CORRUPT),
    416: (FetchOutcome.CONFLICT, FetchOutcome.FATAL),
}
_FIXED = {
    **dict.fromkeys((301, 302, 303, 307, 308), FetchOutcome.FOLLOW),
    **dict.fromkeys((404, 410), FetchOutcome.MISSING),
    403: FetchOutcome.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What happened to one request.

    Attributes:
        status: HTTP status; None when there was no answer.
        fault: What went wrong on the way or with the body; empty when nothing did.
        ranged: Whether a range was asked for.
        retry_after: Seconds from the header, when it was there and understood.
        succeeded_before: Whether this host answered well earlier in this process.
    """

    status: int | None
    fault: Fault = ""
    ranged: bool = False
    retry_after: float | None = None
    succeeded_before: bool = False


def classify(answer: Answer) -> FetchOutcome:
    """The table of this module; total over every possible answer."""
    if answer.fault == "tls":
        return FetchOutcome.FATAL
    if answer.fault in {"wrong-bytes", "wrong-range", "too-long"}:
        return FetchOutcome.CORRUPT
    if answer.fault or answer.status is None:
        return FetchOutcome.TRANSIENT
    return _by_status(answer, answer.status)


def _by_status(answer: Answer, status: int) -> FetchOutcome:
    if status in _DEPENDS_ON_RANGE:
        asked, unasked = _DEPENDS_ON_RANGE[status]
        return asked if answer.ranged else unasked
    if _is_ban(answer, status):
        return FetchOutcome.BANNED
    if status in {429, 503} and answer.retry_after:
        return FetchOutcome.THROTTLED
    if status in _PASSING or 500 <= status < 600:
        return FetchOutcome.TRANSIENT
    return _FIXED.get(status, FetchOutcome.FATAL)


def _is_ban(answer: Answer, status: int) -> bool:
    """`Retry-After: 0` with a refusal is how a front end says that it means the address."""
    if status == 509:
        return True
    return status == 403 and (answer.succeeded_before or answer.retry_after == 0)
