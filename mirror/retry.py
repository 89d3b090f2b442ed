# SPDX-License-Identifier: GPL-3.0-or-later
"""How often and after what pause a transient failure is tried again.

Only `TransientError` is caught. A try that moved the file forward does not count against
the limit: an upstream that cuts every connection after a megabyte still delivers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from snapshot.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

#: However much progress each try makes, there is an end.
MOST_TRIES = 1000


class Interrupted(TransientError):
    """The transfer broke off.

    Args:
        progressed: Whether this try brought bytes that were kept.
    """

    def __init__(
        self, message: str, *, progressed: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.progressed = progressed


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient to be with one file at one upstream.

    Attributes:
        attempts: Tries in a row without progress.
        first: Pause after the first failure, in seconds; doubled each time.
        longest: Longest pause that is not asked for by the upstream.
        sleep: Waits that many seconds.
        random: A number in [0, 1), for jitter: a thousand workers must not return at once.
    """

    sleep: Callable[[float], None]
    random: Callable[[], float]
    attempts: int = 6
    first: float = 1.0
    longest: float = 60.0

    def run(self, attempt: Callable[[], T]) -> T:
        """Call until it succeeds, fails permanently, or patience ends.

        Raises:
            TransientError: The last one, when patience ended.
        """
        fruitless = 0

        def counted() -> T:
            nonlocal fruitless
            try:
                return attempt()
            except TransientError as error:
                fruitless = 0 if getattr(error, "progressed", False) else fruitless + 1
                raise

        def stop(state: RetryCallState) -> bool:
            return fruitless >= self.attempts or state.attempt_number >= MOST_TRIES

        def wait(state: RetryCallState) -> float:
            return self.pause(max(1, fruitless), _error(state))

        retrying = Retrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop,
            wait=wait,
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(counted)

    def pause(self, failures: int, error: BaseException | None = None) -> float:
        """Seconds to wait after that many fruitless tries in a row.

        What the upstream asks for is honoured; else the doubled pause, with full jitter but
        never less than half of the first one.
        """
        asked = getattr(error, "retry_after", None)
        if asked is not None:
            return float(asked)
        most = min(self.longest, self.first * 2.0 ** (failures - 1))
        return self.first / 2 + self.random() * max(0.0, most - self.first / 2)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
