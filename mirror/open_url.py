# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where the mirror opens what a URL names: HTTP connections and local files.

It knows no policy: one request, one answer, and what broke in the words of
`mirror.classify_outcome`. Redirects are not followed here and bodies are given as they came:
the hash is over the raw bytes, whatever `Content-Encoding` says.
"""

from __future__ import annotations

import socket
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError, LocationValueError, SSLError

from mirror.open_file import LocalBody, open_file
from snapshot.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from mirror.classify_outcome import Fault
    from mirror.pace import Bandwidth

CHUNK = 256 * 1024
CONNECT_TIMEOUT = 10.0
_POOLS = 16


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


class _Sockets:
    """Every socket of an opener, so that one that blocks can be shut from another thread."""

    def __init__(self) -> None:
        self._all: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self.shut = False

    def note(self, connection: HTTPConnection) -> None:
        if connection.sock is not None:
            with self._lock:
                self._all.add(connection.sock)
            if self.shut:
                _shut(connection.sock)

    def shut_all(self) -> None:
        self.shut = True
        with self._lock:
            found = list(self._all)
        for one in found:
            _shut(one)


def _shut(one: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        socket.socket.shutdown(one, socket.SHUT_RDWR)


def _noted(pool: urllib3.PoolManager, sockets: _Sockets) -> urllib3.PoolManager:
    """Have every connection of a pool note its socket."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.note(self)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            sockets.note(self)

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
        timeout: Seconds without a byte after which an exchange is given up.
        bandwidth: Limit of what bodies may take; None for none.
    """

    def __init__(
        self,
        *,
        agent: str,
        connections: int = 8,
        timeout: float = 60.0,
        bandwidth: Bandwidth | None = None,
    ) -> None:
        self._bandwidth = bandwidth
        self._sockets = _Sockets()
        self._headers = {"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        waits = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=timeout)
        direct = urllib3.PoolManager(_POOLS, maxsize=connections, timeout=waits)
        self._direct = _noted(direct, self._sockets)
        self._proxies = {
            scheme: _noted(
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
        return Response(raw.status, headers, raw, self._bandwidth)

    def cut(self) -> None:
        """Break every exchange, under way or begun later, so that no thread waits for one."""
        self._sockets.shut_all()

    def mend(self) -> None:
        """Let exchanges begin again."""
        self._sockets.shut = False

    def close(self) -> None:
        """Close every pooled connection."""
        for pool in (self._direct, *self._proxies.values()):
            pool.clear()


def _fault(error: HTTPError) -> Fault:
    return "tls" if isinstance(error, SSLError) else "connection"
