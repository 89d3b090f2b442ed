# SPDX-License-Identifier: GPL-3.0-or-later
"""One polite GET: the host's breaker asked, redirects followed, the answer classified."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from mirror.breaker import HostBanned
from mirror.classify_outcome import Answer, FetchOutcome, classify
from mirror.http_date import read_http_date
from mirror.open_url import Broken, Opener, Response
from mirror.pace import BROKEN_LEAST, TOLD_LEAST
from mirror.retry import Interrupted
from snapshot.errors import (
    CorruptUpstream,
    DejabuildError,
    Denied,
    InvalidInput,
    NotFound,
    PermanentError,
    TransientError,
    VerificationError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mirror.breaker import Breakers
    from mirror.pace import Pace, Turn
    from mirror.progress import Progress

MOST_REDIRECTS = 5
_PORTS = {"http": 80, "https": 443}


class Requester:
    """Sends requests for all threads of a sync.

    Args:
        opener: The connections.
        breakers: What is known of each host.
        pace: How much may be asked of it at once.
        clock: Epoch seconds.
        sleep: Waits that many seconds.
        progress: Told about bans and pauses.
    """

    def __init__(
        self,
        opener: Opener,
        breakers: Breakers,
        pace: Pace,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        progress: Progress,
    ) -> None:
        self._opener = opener
        self._breakers = breakers
        self._pace = pace
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
            host = host_of(url)
            with self._pace.turn(host) as turn, self._open(host, url, headers, turn) as response:
                outcome = classify(
                    Answer(
                        response.status,
                        ranged=ranged,
                        retry_after=self._retry_after(response),
                        succeeded_before=self._breakers.succeeded_before(host),
                    )
                )
                if outcome is not FetchOutcome.FOLLOW:
                    self._settle(host, url, response, outcome, turn)
                    try:
                        yield response
                    finally:
                        if response.broken:
                            turn.least = BROKEN_LEAST
                    return
                self._breakers.success(host)
                url = _redirected(url, response)
        raise PermanentError(f"{url}: more than {MOST_REDIRECTS} redirects")

    def cut(self) -> None:
        """Break off all that is under way and wake all who wait for their turn."""
        self._opener.cut()
        self._pace.wake()

    def mend(self) -> None:
        """Let requests go out again."""
        self._opener.mend()

    def _open(self, host: str, url: str, headers: Mapping[str, str] | None, turn: Turn) -> Response:
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
            turn.least = BROKEN_LEAST
            raise Interrupted(f"{url}: no answer: {error}") from error

    def _settle(
        self, host: str, url: str, response: Response, outcome: FetchOutcome, turn: Turn
    ) -> None:
        """Tell the breaker; raise unless the answer has a body that was asked for."""
        if outcome is FetchOutcome.BANNED:
            pause = self._breakers.ban(host)
            self._progress.quiet(host, "banned", self._clock() + pause)
            self._progress.say(
                f"{host} answered {response.status}: it has banned this address; "
                f"left alone for {pause / 60:.0f} minutes"
            )
            raise HostBanned(
                f"{url}: answered {response.status}: banned for {pause / 60:.0f} minutes",
                advice="use another upstream meanwhile, or ask its operators",
            )
        if response.status in _TOO_MUCH:
            turn.least = TOLD_LEAST
        if outcome is FetchOutcome.THROTTLED:
            wait = self._breakers.throttle(host, self._retry_after(response) or 0.0)
            self._progress.quiet(host, "throttled", self._clock() + wait)
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
        until = read_http_date(text)
        return None if until is None else max(0.0, until - self._clock())


_TOO_MUCH = {429, 503}
_WITH_BODY = {FetchOutcome.OK, FetchOutcome.RESTART, FetchOutcome.CONFLICT}


def host_of(url: str) -> str:
    """The host an address leads to, written one way: whoever is banned there is banned.

    Returns:
        Lower case; with the port unless it is the scheme's own. Empty for a local directory.

    Raises:
        InvalidInput: There is none in it.
    """
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidInput(f"not an address: {url[:200]!r}: {error}") from error
    if parts.scheme == "file":
        return ""
    if not name:
        raise InvalidInput(f"not an http, https or file address: {url[:200]!r}")
    name = f"[{name}]" if ":" in name else name.rstrip(".")
    return name if port in {None, _PORTS.get(parts.scheme)} else f"{name}:{port}"


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
