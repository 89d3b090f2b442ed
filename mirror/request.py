# SPDX-License-Identifier: GPL-3.0-or-later
"""One polite GET: the host's breaker asked, redirects followed, the answer classified."""

from __future__ import annotations

from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from mirror.breaker import HostBanned
from mirror.classify_outcome import Answer, FetchOutcome, classify
from mirror.open_url import Broken, Opener, Response
from mirror.retry import Interrupted
from snapshot.errors import (
    CorruptUpstream,
    DejabuildError,
    Denied,
    NotFound,
    PermanentError,
    TransientError,
    VerificationError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mirror.breaker import Breakers
    from mirror.progress import Progress

MOST_REDIRECTS = 5


class Requester:
    """Sends requests for all threads of a sync.

    Args:
        opener: The connections.
        breakers: What is known of each host.
        clock: Epoch seconds.
        sleep: Waits that many seconds.
        progress: Told about bans and pauses.
    """

    def __init__(
        self,
        opener: Opener,
        breakers: Breakers,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        progress: Progress,
    ) -> None:
        self._opener = opener
        self._breakers = breakers
        self._clock = clock
        self._sleep = sleep
        self._progress = progress

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[Response]:
        """Open a URL; the body is read inside the block.

        Args:
            url: Where.
            headers: Such as `Range`; then 200, 206 and 416 are all answers to the caller.

        Raises:
            TransientError: Worth trying again.
            NotFound: 404 or 410.
            HostBanned: The host will be left alone for a while.
            Denied: 403.
            CorruptUpstream: An answer that no correct server gives.
            VerificationError: TLS failed, or a redirect would have weakened it.
            PermanentError: Any other refusal.
        """
        ranged = "Range" in (headers or {})
        for _ in range(MOST_REDIRECTS + 1):
            response = self._open(url, headers)
            with response:
                host = urlsplit(url).netloc
                outcome = classify(
                    Answer(
                        response.status,
                        ranged=ranged,
                        retry_after=self._retry_after(response),
                        succeeded_before=self._breakers.succeeded_before(host),
                    )
                )
                if outcome is not FetchOutcome.FOLLOW:
                    self._settle(host, url, response, outcome)
                    yield response
                    return
                self._breakers.success(host)
                url = _redirected(url, response)
        raise PermanentError(f"{url}: more than {MOST_REDIRECTS} redirects")

    def _open(self, url: str, headers: Mapping[str, str] | None) -> Response:
        host = urlsplit(url).netloc
        if wait := self._breakers.admit(host):
            self._sleep(wait)
        try:
            return self._opener.open(url, headers)
        except Broken as error:
            self._breakers.failure(host)
            if classify(Answer(None, error.fault)) is FetchOutcome.FATAL:
                raise VerificationError(
                    f"{url}: no trustworthy TLS connection: {error}",
                    advice="check the clock and the certificates; it is never done without",
                ) from error
            raise Interrupted(f"{url}: no answer: {error}") from error

    def _settle(self, host: str, url: str, response: Response, outcome: FetchOutcome) -> None:
        """Tell the breaker; raise unless the answer has a body that was asked for."""
        if outcome is FetchOutcome.BANNED:
            pause = self._breakers.ban(host)
            self._progress.say(
                f"{host} answered {response.status}: it has banned this address; "
                f"left alone for {pause / 60:.0f} minutes"
            )
            raise HostBanned(
                f"{url}: answered {response.status}: banned for {pause / 60:.0f} minutes",
                advice="use another upstream meanwhile, or ask its operators",
            )
        if outcome is FetchOutcome.THROTTLED:
            wait = self._breakers.throttle(host, self._retry_after(response) or 0.0)
            self._progress.say(f"{host} asked for {wait:.0f} s of quiet ({response.status})")
            raise TransientError(f"{url}: answered {response.status}", retry_after=wait)
        if outcome in _WITH_BODY or (response.status == 304):
            self._breakers.success(host)
            return
        self._breakers.failure(host)
        raise _refusal(outcome, url, response.status)

    def _retry_after(self, response: Response) -> float | None:
        text = response.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - self._clock())
        except (ValueError, TypeError, IndexError):
            return None


_WITH_BODY = {FetchOutcome.OK, FetchOutcome.RESTART, FetchOutcome.CONFLICT}


def _refusal(outcome: FetchOutcome, url: str, status: int) -> DejabuildError:
    if outcome is FetchOutcome.TRANSIENT:
        return TransientError(f"{url}: answered {status}")
    if outcome is FetchOutcome.MISSING:
        return NotFound(f"{url}: answered {status}")
    if outcome is FetchOutcome.REFUSED:
        return Denied(f"{url}: answered {status}: removed or not for us")
    if outcome is FetchOutcome.CORRUPT:
        return CorruptUpstream(f"{url}: answered {status} to a request without a range")
    return PermanentError(f"{url}: answered {status}")


def _redirected(url: str, response: Response) -> str:
    location = response.headers.get("location", "")
    if not location:
        raise PermanentError(f"{url}: answered {response.status} without a Location")
    try:
        target = urljoin(url, location)
        scheme = urlsplit(target).scheme
    except ValueError as error:
        raise PermanentError(f"{url}: redirects to {location[:200]!r}: {error}") from error
    if urlsplit(url).scheme == "https" and scheme != "https":
        raise VerificationError(
            f"{url}: redirects from https to {target[:200]!r}",
            advice="an upstream that weakens its own protection is not followed",
        )
    if scheme not in {"http", "https"}:  # least of all a file of this machine
        raise VerificationError(f"{url}: redirects to {target[:200]!r}, which is no web address")
    return target
