# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's one door to the network: HTTP to its server, nothing else.

Transient trouble (no connection, 408, 425, 429, 5xx) is tried again with growing pauses;
what the server refuses is not. Downloads are checked by SHA-256 while they are written and
resumed where they broke off; uploads of evidence likewise.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Container, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import requests
import zstandard

from rebuilders.retry import RetryPolicy, raise_for_status, retried
from snapshot.digest import Digest
from snapshot.errors import (
    PermanentError,
    TransientError,
    VerificationError,
)

Answer = TypeVar("Answer")

_CHUNK = 256 * 1024
_OFFSET = re.compile(r"bytes=0-(\d+)")
#: Larger JSON than any answer that a worker reads.
_ANSWER_LIMIT = 64 * 1024 * 1024


class ServerConnection:
    """Requests to one server, with the worker's key in every one.

    Args:
        base_url: As configured; routes are appended (`https://host/prefix`).
        headers: Sent with every request, such as `X-Worker-Key`.
        retry: How long transient trouble is borne.
        timeout: Seconds without a byte before a request counts as broken.
        stop: True when the worker ends at once; retrying ends then too.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        retry: RetryPolicy | None = None,
        timeout: float = 60.0,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._retry = retry or RetryPolicy()
        self._timeout = timeout
        self._stop = stop
        self._headers = dict(headers)
        self._local = threading.local()

    def get_json(self, path: str) -> Any:
        """Parsed JSON of a route.

        Raises:
            NotFound: 404 or 410.
            TransientError: Still failing after the retries.
        """
        return self._parsed(self._retried(lambda: self._request("GET", path)))

    def get_bytes(self, path: str, *, accept: str = "*/*") -> bytes:
        """A body of moderate size."""
        response = self._retried(lambda: self._request("GET", path, headers={"Accept": accept}))
        return response.content

    def post_json(self, path: str, value: Any, *, headers: Mapping[str, str] | None = None) -> Any:
        """Send JSON, compressed as rebuilderd's programs send it; parsed answer or None."""
        body = zstandard.ZstdCompressor(level=3).compress(json.dumps(value).encode())
        sent = {"Content-Type": "application/json", "Content-Encoding": "zstd", **(headers or {})}
        return self._parsed(
            self._retried(lambda: self._request("POST", path, headers=sent, data=body))
        )

    def post_bytes(
        self, path: str, data: bytes, content_type: str, *, answers: Container[int] = ()
    ) -> Any:
        """Send a document; parsed answer or None.

        Args:
            path: The route.
            data: The document.
            content_type: What it is.
            answers: Statuses from 400 on whose body is an answer all the same.
        """
        headers = {"Content-Type": content_type}
        return self._parsed(
            self._retried(
                lambda: self._request("POST", path, headers=headers, data=data, answers=answers)
            )
        )

    def post_empty(self, path: str) -> None:
        """An empty POST, once: a ping that is lost is followed by another."""
        self._request("POST", path, headers={"Content-Length": "0"})

    def download(self, url: str, target: Path, expect: Digest | None) -> Digest:
        """Stream a body to a file that appears under its name only when it is right.

        Args:
            url: Absolute, or a path below the server's base.
            target: The file; a partial one stands beside it meanwhile.
            expect: Its digest; None takes what comes (a name without a digest).

        Raises:
            VerificationError: Complete, but other bytes than expected, twice.
            NotFound: The server does not have it.
            OSError: No room left, and the like.
        """
        partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            digest = self._retried(lambda: self._resume(url, partial))
            if expect is not None and digest != expect:
                partial.unlink()
                digest = self._retried(lambda: self._resume(url, partial))
            if expect is not None and digest != expect:
                raise VerificationError(
                    f"{url}: the server sent {digest}, expected {expect}",
                    advice="the server's blob is damaged, or something between rewrites it",
                )
            partial.replace(target)
            return digest
        finally:
            partial.unlink(missing_ok=True)

    def upload(self, path: str, source: Path) -> tuple[Digest, int]:
        """Send a file as evidence, compressed; what the server already has is not sent again.

        Returns:
            Digest and size of the file itself, which the server confirmed.
        """
        digest, size = _hash_file(source)
        packed = source.with_name(f".{source.name}.{os.getpid()}.zst")
        try:
            with source.open("rb") as stream, packed.open("wb") as out:
                zstandard.ZstdCompressor(level=3).copy_stream(stream, out)
            answer = self._parsed(self._retried(lambda: self._put(path, packed))) or {}
        finally:
            packed.unlink(missing_ok=True)
        if answer.get("sha256") not in (None, digest.hex):
            raise VerificationError(f"{path}: the server stored {answer['sha256']}, sent {digest}")
        return digest, size

    def _put(self, path: str, packed: Path) -> requests.Response:
        size = packed.stat().st_size
        offset = self._accepted(path, size)
        headers = {"Content-Type": "application/octet-stream", "Content-Encoding": "zstd"}
        if offset:
            headers["Content-Range"] = f"bytes {offset}-{size - 1}/{size}"
        with packed.open("rb") as stream:
            # The client library takes the length from where the stream stands.
            stream.seek(offset)
            response = self._request("PUT", path, headers=headers, data=stream)
        if response.status_code == 308:
            raise TransientError(f"{path}: the server has a part of it only")
        return response

    def _accepted(self, path: str, size: int) -> int:
        """How many bytes of an interrupted upload the server has."""
        try:
            response = self._request("HEAD", path)
        except PermanentError:
            return 0
        match = _OFFSET.fullmatch(response.headers.get("Range", ""))
        offset = int(match[1]) + 1 if match and response.status_code == 308 else 0
        return offset if offset < size else 0

    def _resume(self, url: str, partial: Path) -> Digest:
        have = partial.stat().st_size if partial.exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        response = self._request("GET", url, headers=headers, stream=True)
        with response:
            start = f"bytes {have}-"
            resumed = response.status_code == 206 and response.headers.get(
                "Content-Range", ""
            ).startswith(start)
            if response.status_code == 206 and not resumed:
                raise TransientError(f"{url}: an unasked range: {response.headers}")
            with partial.open("ab" if resumed else "wb") as stream:
                try:
                    for chunk in response.iter_content(_CHUNK):
                        stream.write(chunk)
                except requests.RequestException as error:
                    raise TransientError(f"{url}: broke off: {error}") from error
        return _hash_file(partial)[0]

    def _request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        stream: bool = False,
        answers: Container[int] = (),
    ) -> requests.Response:
        url = path if path.startswith(("http://", "https://")) else f"{self.base_url}{path}"
        # The worker's name goes to the API only, never to where a file's URL leads.
        own = self._headers if path.startswith("/api/") else {}
        try:
            response = self._session().request(
                method,
                url,
                headers={**own, **(headers or {})},
                data=data,
                stream=stream,
                timeout=self._timeout,
                allow_redirects=not own,
            )
        except requests.RequestException as error:
            raise TransientError(f"{method} {url}: {error}") from error
        status = response.status_code
        if status >= 400 and status not in answers:
            said = f": {response.text[:300]}" if response.content else ""
            after = response.headers.get("Retry-After", "")
            raise_for_status(status, f"{method} {url}: {status}{said}", after)
        return response

    def _session(self) -> requests.Session:
        """One session per thread: its connections are kept open between requests."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # Neither ~/.netrc nor proxies of the environment: one server, as configured.
            session.trust_env = False
        return session

    def _retried(self, send: Callable[[], Answer]) -> Answer:
        return retried(send, self._retry, self._stop)

    @staticmethod
    def _parsed(response: requests.Response) -> Any:
        if response.status_code == 204 or not response.content:
            return None
        if len(response.content) > _ANSWER_LIMIT:
            raise PermanentError(f"{response.url}: an answer of {len(response.content)} bytes")
        try:
            return response.json()
        except ValueError as error:
            raise PermanentError(
                f"{response.url}: the answer is not JSON", advice="is this a dejabuild server?"
            ) from error


def _chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while chunk := read(_CHUNK):
        yield chunk


def _hash_file(path: Path) -> tuple[Digest, int]:
    found = hashlib.sha256()
    size = 0
    with path.open("rb") as stream:
        for chunk in _chunks(stream.read):
            found.update(chunk)
            size += len(chunk)
    return Digest(found.hexdigest()), size
