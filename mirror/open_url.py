# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where the mirror opens what a URL names: HTTP connections and local files.

It knows no policy: one request, one answer, and what broke in the words of
`mirror.classify_outcome`. Redirects are not followed here and bodies are given as they came:
the hash is over the raw bytes, whatever `Content-Encoding` says.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError, LocationValueError, SSLError
from urllib3.util import parse_url

from mirror.open_file import LocalBody, open_file
from mirror.watch_sockets import Sockets
from snapshot.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType

    from mirror.classify_outcome import Fault
    from mirror.pace import Bandwidth

CHUNK = 256 * 1024
CONNECT_TIMEOUT = 10.0
_POOLS = 16
_UNWATCHED = nullcontext()


class Broken(Exception):
    """The exchange broke; whoever asked decides what that means.

    Args:
        fault: How.
        message: In the words of the network library.
    """

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault: Fault = fault


@dataclass(slots=True)
class Response:
    """The head of an answer and its body still to be read. Use it in `with`.

    Attributes:
        status: HTTP status.
        headers: Names in lower case.
        broken: Whether reading the body failed.
    """

    status: int
    headers: Mapping[str, str]
    _raw: urllib3.BaseHTTPResponse | LocalBody = field(repr=False)
    _bandwidth: Bandwidth | None = field(default=None, repr=False)
    _watch: Callable[[], AbstractContextManager[None]] | None = field(default=None, repr=False)
    _ended: bool = field(default=False, repr=False)
    broken: bool = False

    def read(self) -> bytes:
        """What has arrived of the body, at least a byte; empty at its end.

        Raises:
            Broken: Reset, stalled, or shorter than announced.
        """
        if self._bandwidth is not None:
            return self._read_slowly(self._bandwidth)
        return self._read(CHUNK)

    def _read_slowly(self, bandwidth: Bandwidth) -> bytes:
        bandwidth.wait()
        chunk = self._read(min(CHUNK, bandwidth.piece))
        bandwidth.took(len(chunk))
        return chunk

    def _read(self, most: int) -> bytes:
        try:
            with self._watch() if self._watch else _UNWATCHED:
                chunk = self._raw.read1(most, decode_content=False)
        except HTTPError as error:
            self.broken = True
            raise Broken(_fault(error), str(error)) from error
        except OSError as error:
            self.broken = True
            raise Broken("connection", str(error)) from error
        self._ended = not chunk
        return chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep the connection for the next request if the body was read to its end."""
        if not self._ended and self._raw.length_remaining != 0:
            self._raw.close()
        self._raw.release_conn()


def _watched(pool: urllib3.PoolManager, sockets: Sockets) -> urllib3.PoolManager:
    """Have every connection of a pool note its socket, and be watched while it waits."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.note(self.sock)

        def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3
            below, response = self.sock, None
            try:
                with sockets.waiting(below):
                    response = super().getresponse()
            except TimeoutError:
                if response is not None:  # it took half a head for a whole one
                    response.close()
                raise
            response.below = below  # type: ignore[attr-defined]  # for `Opener.open`
            return response

    class Secure(Plain, HTTPSConnection):
        pass

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    pool.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return pool


class Opener:
    """Pooled connections, reused by all threads.

    Args:
        agent: `User-Agent`, with a contact in it: an upstream that is bothered must be able
            to say so instead of banning us.
        connections: Kept open per host.
        timeout: Seconds without a byte after which an exchange is given up. For the head of an
            answer twice as many, however it drips; `mirror.transfer` bounds bodies that drip.
        bandwidth: Limit of what bodies may take; None for none.
        ticks: Seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        *,
        agent: str,
        connections: int = 8,
        timeout: float = 60.0,
        bandwidth: Bandwidth | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bandwidth = bandwidth
        self._sockets = Sockets(2 * timeout, ticks)
        self._headers = {"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        waits = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=timeout)
        direct = urllib3.PoolManager(_POOLS, maxsize=connections, timeout=waits)
        self._direct = _watched(direct, self._sockets)
        self._proxies = {
            scheme: _watched(
                urllib3.ProxyManager(address, _POOLS, maxsize=connections, timeout=waits),
                self._sockets,
            )
            for scheme, address in getproxies().items()
            if scheme in {"http", "https"}
        }

    def open(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Send a GET and read the head of the answer.

        Raises:
            Broken: No answer.
            InvalidInput: Not an http, https or file URL.
            NotFound: A file that is not there.
            Denied: A file that must not be read.
        """
        parts = urlsplit(url)
        if parts.scheme == "file":
            return Response(*open_file(url, headers or {}))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidInput(f"not an http, https or file address: {url[:200]!r}")
        pool = self._direct
        if parts.scheme in self._proxies and not proxy_bypass(parts.hostname):
            pool = self._proxies[parts.scheme]
        try:
            raw = pool.request(
                "GET",
                url,
                headers={**self._headers, **(headers or {})},
                preload_content=False,
                redirect=False,
                retries=False,
            )
        except (LocationParseError, LocationValueError) as error:
            raise InvalidInput(f"not an address: {url[:200]!r}") from error
        except HTTPError as error:
            raise Broken(_fault(error), str(error)) from error
        except OSError as error:
            raise Broken("connection", str(error)) from error
        headers = {k.lower(): v for k, v in raw.headers.items()}
        watch = None
        if "transfer-encoding" in headers:  # the line before each chunk has no length
            watch = partial(self._sockets.waiting, getattr(raw, "below", None))
        return Response(raw.status, headers, raw, self._bandwidth, watch)

    def cut(self) -> None:
        """Break every exchange, under way or begun later, so that no thread waits for one."""
        self._sockets.shut_all()

    def mend(self) -> None:
        """Let exchanges begin again."""
        self._sockets.mend()

    def close(self) -> None:
        """Close every pooled connection."""
        for pool in (self._direct, *self._proxies.values()):
            pool.clear()


def as_opened(url: str) -> str:
    r"""An address as it is read here: other libraries find another host in odd ones.

    `http://one\@other/` leads to `one` here, and to `other` by `urllib.parse`.

    Raises:
        InvalidInput: Not an address.
    """
    try:
        return parse_url(url).url
    except LocationParseError as error:
        raise InvalidInput(f"not an address: {url[:200]!r}") from error


def _fault(error: HTTPError) -> Fault:
    return "tls" if isinstance(error, SSLError) else "connection"
