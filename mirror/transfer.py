# SPDX-License-Identifier: GPL-3.0-or-later
"""One file from one URL: which bytes are still lacking, and whether the answer brings those."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mirror.halt import Stopped
from mirror.http_date import read_http_date
from mirror.open_url import Broken
from mirror.retry import Interrupted
from snapshot.errors import CorruptUpstream, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mirror.open_url import Response
    from mirror.progress import Progress
    from mirror.remote_file import RemoteFile
    from mirror.request import Requester
    from storage.blobs import Blob, BlobWriter

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
#: Digits that are too many for any file are no number to us, and Python refuses some thousands.
LENGTH = re.compile(r"[0-9]{1,18}")
#: A body that brings less than this in a whole minute is as good as stalled.
_SLOWEST = 1024
_MINUTE = 60.0
_FRESH = {"Cache-Control": "no-cache", "Pragma": "no-cache"}


class Transfer:
    """One file from one URL into one writer, over as many requests as it takes.

    Args:
        remote: What it must become.
        url: Where it comes from.
        writer: Where it goes; may hold its beginning already.
        requester: Sends the requests.
        clock: Epoch seconds.
        progress: Told about every byte, and how a broken download went on.
        stopped: Asked at every piece; True ends it.

    Attributes:
        received: Bytes that came so far, dropped ones included.
    """

    def __init__(
        self,
        remote: RemoteFile,
        url: str,
        writer: BlobWriter,
        *,
        requester: Requester,
        clock: Callable[[], float],
        progress: Progress,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stopped = stopped
        self._requester = requester
        self._progress = progress
        self._clock = clock
        self._remote = remote
        self._url = url
        self._writer = writer
        self._size = remote.checksums.size
        self._modified: float | None = None
        #: Most bytes ever held: whoever sends the same beginning again and again makes no progress.
        self._reached = writer.size
        self.received = 0

    @property
    def name(self) -> str:
        """The file's path."""
        return self._remote.name

    @property
    def host(self) -> str:
        """Whom it comes from."""
        return urlsplit(self._url).netloc.rpartition("@")[2]

    @property
    def size(self) -> int:
        """Bytes when it is whole."""
        return self._size

    @property
    def held(self) -> int:
        """Bytes that are here."""
        return self._writer.size

    def commit(self, *, durable: bool) -> Blob:
        """Verify what the attempts brought, and store it."""
        try:
            return self._writer.commit(
                self._remote.checksums, durable=durable, modified=self._modified
            )
        except VerificationError as error:
            self._reached = 0
            raise CorruptUpstream(f"{self._url}: {error.message}") from error

    def attempt(self, *, fresh: bool) -> None:
        """One request; returns when the writer holds all bytes.

        Raises:
            Stopped: Somebody asked for it; the writer keeps what came.
            Interrupted: It broke off; the writer keeps what came.
            CorruptUpstream: The answer contradicts the index; the writer is empty.
        """
        self._look_up()
        if self._writer.size > self._size:
            self._writer.restart()
        start = self._writer.size
        if start == self._size and start:
            return
        with self._requester.get(self._url, self._headers(start, fresh=fresh)) as response:
            if response.status == 416:
                self._writer.restart()
                raise Interrupted(f"{self._url}: refused to resume at byte {start:,}")
            self._check_head(response, start)
            self._modified = read_http_date(response.headers.get("last-modified", ""))
            self._copy(response)

    def _headers(self, start: int, *, fresh: bool) -> dict[str, str]:
        headers = dict(_FRESH) if fresh else {}
        if start:
            headers["Range"] = f"bytes={start}-"
            if self._writer.validator:
                headers["If-Range"] = self._writer.validator
        return headers

    def _check_head(self, response: Response, start: int) -> None:
        """Before a byte is taken: is this the file, and is it the part we lack?"""
        if response.status == 206:
            said = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
            if said is None or [int(n) for n in said.groups()] != [
                start,
                self._size - 1,
                self._size,
            ]:
                self._writer.restart()
                raise CorruptUpstream(
                    f"{self._url}: asked for bytes {start}- of {self._size}, answered "
                    f"Content-Range {response.headers.get('content-range', 'missing')!r}"
                )
            self._progress.say(
                f"{self._remote.name}: connection dropped at {start:,} of {self._size:,} bytes, "
                "resumed"
            )
            return
        if start:
            self._progress.say(
                f"{self._remote.name}: the upstream would not resume at {start:,} of "
                f"{self._size:,} bytes, begun again"
            )
        self._writer.restart()
        length = response.headers.get("content-length", "")
        if LENGTH.fullmatch(length) and int(length) != self._size:
            raise CorruptUpstream(
                f"{self._url}: {int(length):,} bytes, the index says {self._size:,}"
            )
        if validator := _validator(response):
            self._writer.validator = validator

    def _copy(self, response: Response) -> None:
        pace = _Pace(self._clock, self._writer.size)
        try:
            while chunk := response.read():
                self.received += len(chunk)
                self._progress.received(len(chunk))
                if self._writer.size + len(chunk) > self._size:
                    self._writer.restart()
                    raise CorruptUpstream(f"{self._url}: goes on after {self._size:,} bytes")
                self._writer.write(chunk)
                pace.check(self._writer.size)
                self._look_up()
        except Broken as error:
            raise self._interrupted(str(error)) from error
        if self._writer.size < self._size:
            raise self._interrupted("the body ended early")

    def _look_up(self) -> None:
        if self._stopped():
            raise Stopped(
                f"{self._remote.name}: stopped at {self._writer.size:,} of {self._size:,} bytes",
                advice="run the same command again: it goes on from there",
            )

    def _interrupted(self, why: str) -> Interrupted:
        held, reached = self._writer.size, self._reached
        self._reached = max(held, reached)
        return Interrupted(
            f"{self._url}: broke off at {held:,} of {self._size:,} bytes: {why}",
            progressed=held > reached,
        )


class _Pace:
    """Finds bodies that drip: each byte resets a socket's timeout, so that one is no help."""

    def __init__(self, clock: Callable[[], float], size: int) -> None:
        self._clock = clock
        self._since = clock()
        self._size = size

    def check(self, size: int) -> None:
        now = self._clock()
        if now - self._since < _MINUTE:
            return
        if size - self._size < _SLOWEST:
            raise Broken("connection", "less than a kilobyte in a minute")
        self._since, self._size = now, size


def _validator(response: Response) -> str:
    """What `If-Range` may carry: a strong ETag, or else the date."""
    etag = response.headers.get("etag", "")
    return etag if etag.startswith('"') else response.headers.get("last-modified", "")
