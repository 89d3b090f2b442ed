# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching one file: streamed, hashed, resumed, verified; from the next upstream if need be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mirror.halt import Halt, Stopped
from mirror.open_url import Broken
from mirror.remote_file import FetchedFile, RemoteFile
from mirror.retry import Interrupted
from mirror.transfer import LENGTH, Transfer
from snapshot.errors import (
    Busy,
    CorruptUpstream,
    DejabuildError,
    NotFound,
    PermanentError,
    StorageFull,
    TransientError,
    VerificationError,
)
from storage.blobs import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mirror.progress import Progress
    from mirror.request import Requester
    from mirror.retry import RetryPolicy
    from storage.blobs import Blob, BlobStore, BlobWriter
    from storage.catalogue import Validator


#: Seconds between two looks at a file that somebody else is fetching, and most of them.
_LOOK_AGAIN = 0.25
_LONGEST_WAIT = 900.0


class Fetcher:
    """Turns `RemoteFile` into `FetchedFile`, for any number of threads.

    Args:
        requester: Sends the requests.
        blobs: Where files go, partial ones too.
        retry: How patient to be.
        clock: Epoch seconds.
        progress: Told about every byte and every recovery.
        halt: Ends all of it.
    """

    def __init__(
        self,
        requester: Requester,
        blobs: BlobStore,
        *,
        retry: RetryPolicy,
        clock: Callable[[], float],
        progress: Progress,
        halt: Halt | None = None,
    ) -> None:
        self._halt = halt or Halt()
        self._requester = requester
        self._blobs = blobs
        self._retry = retry
        self._clock = clock
        self._progress = progress

    def halt(self) -> None:
        """End every download at once, also one that waits; what arrived is kept."""
        self._halt.set()
        self._requester.cut()

    def resume(self) -> None:
        """Let downloads begin again."""
        self._requester.mend()
        self._halt.clear()

    def fetch(self, remote: RemoteFile, *, durable: bool = False) -> FetchedFile:
        """Fetch a file, trying its URLs in order; what an earlier process left is used.

        Args:
            remote: What, and from where.
            durable: False leaves the blob pending until the store's `sync`.

        Raises:
            Stopped: `halt` was called.
            CorruptUpstream: An upstream sent, twice, bytes that contradict the index.
            NotFound: No upstream has it.
            TransientError: Patience ended; what arrived is kept for the next time.
            StorageFull: No room; what arrived is kept.
        """
        failures: list[DejabuildError] = []
        writer = self._writer(remote)
        if writer is None:
            assert remote.checksums.sha256 is not None  # noqa: S101  see RemoteFile
            return FetchedFile(remote, describe(self._blobs, remote.checksums.sha256), "", 0)
        with writer:
            for url in remote.urls:
                transfer = Transfer(
                    remote,
                    url,
                    writer,
                    requester=self._requester,
                    clock=self._clock,
                    progress=self._progress,
                    stopped=self._halt.is_set,
                )
                self._progress.began(transfer)
                try:
                    blob = self._twice(transfer, durable=durable)
                except (StorageFull, Stopped):
                    raise
                except (TransientError, PermanentError) as error:
                    failures.append(error)
                    continue
                finally:
                    self._progress.ended(transfer)
                self._progress.finished(remote.name, blob.size)
                return FetchedFile(remote, blob, url, transfer.received)
        raise _most_telling(remote.name, failures)

    def _writer(self, remote: RemoteFile) -> BlobWriter | None:
        """The one writer of this file; None when somebody else stored it meanwhile.

        Another sync or a pull-through may be fetching the same bytes: they are waited for.

        Raises:
            TransientError: They take longer than anybody should wait.
        """
        digest = remote.checksums.sha256
        waited = 0.0
        while True:
            try:
                writer = self._blobs.writer(str(digest))
            except Busy as error:
                if waited > _LONGEST_WAIT:
                    raise TransientError(
                        f"{remote.name}: somebody else is still fetching it: {error.message}"
                    ) from error
            else:
                # Whoever had it before us may have stored it since anybody looked.
                if digest is None or not self._blobs.contains(digest):
                    return writer
                writer.abandon()
                return None
            self._retry.sleep(_LOOK_AGAIN)
            waited += _LOOK_AGAIN
            if digest is not None and self._blobs.contains(digest):
                return None

    def _twice(self, transfer: Transfer, *, durable: bool) -> Blob:
        """A second try past every cache, when the first brought the wrong bytes."""
        try:
            self._retry.run(lambda: transfer.attempt(fresh=False))
            return transfer.commit(durable=durable)
        except CorruptUpstream as error:
            self._progress.say(f"{error.message}: dropped, trying once more past caches")
        self._retry.run(lambda: transfer.attempt(fresh=True))
        return transfer.commit(durable=durable)

    def document(
        self, urls: Sequence[str], *, limit: int, known: Validator | None = None
    ) -> Document | None:
        """Fetch a small file whose digest is not known beforehand, such as an InRelease.

        Args:
            urls: Where, in order.
            limit: Most bytes accepted.
            known: What the upstream called the one we hold; it may say that it still has that.

        Returns:
            The file; None when it is still that one.

        Raises:
            NotFound: No upstream has it.
            CorruptUpstream: Larger than the limit, or "not modified" though nothing was known.
            TransientError: Patience ended.
        """
        failures: list[DejabuildError] = []
        for url in urls:
            try:
                return self._retry.run(partial(self._whole, url, limit, known))
            except (TransientError, PermanentError) as error:
                failures.append(error)
        raise _most_telling(urls[0] if urls else "nothing", failures)

    def length(self, urls: Sequence[str]) -> int:
        """How long a file is, as the first upstream that has it says; no body is read.

        Raises:
            NotFound: No upstream has it.
            TransientError: Patience ended, or no upstream says a length.
        """
        failures: list[DejabuildError] = []
        for url in urls:
            try:
                return self._retry.run(partial(self._announced, url))
            except (TransientError, PermanentError) as error:
                failures.append(error)
        raise _most_telling(urls[0] if urls else "nothing", failures)

    def _announced(self, url: str) -> int:
        """One byte is asked for: then the connection stays good for the next request."""
        with self._requester.get(url, {"Range": "bytes=0-0"}) as response:
            whole = response.headers.get("content-length", "")
            if response.status == 206:
                whole = response.headers.get("content-range", "").rpartition("/")[2]
        if not LENGTH.fullmatch(whole):
            raise TransientError(f"{url}: no length is said")
        return int(whole)

    def _whole(self, url: str, limit: int, known: Validator | None) -> Document | None:
        body = bytearray()
        with self._requester.get(url, _conditions(known)) as response:
            if response.status == 304:
                if known is None:
                    raise CorruptUpstream(f"{url}: answered 304 to a request without a condition")
                return None
            try:
                while chunk := response.read():
                    body += chunk
                    self._progress.received(len(chunk))
                    if len(body) > limit:
                        raise CorruptUpstream(
                            f"{url}: more than {limit:,} bytes, which no such file has"
                        )
            except Broken as error:
                raise Interrupted(f"{url}: broke off at {len(body):,} bytes: {error}") from error
            said = response.headers.get
            return Document(
                bytes(body), url, said("etag", ""), said("last-modified", ""), said("date", "")
            )


def _conditions(known: Validator | None) -> dict[str, str]:
    """Headers that ask for a document only if it is another one."""
    if known is None:
        return {}
    given = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Document:
    """A small file from an upstream, not verified yet.

    Attributes:
        data: Its bytes.
        url: Where it came from.
        etag: Its `ETag`, as the other two empty when there was none.
        modified: Its `Last-Modified` as sent.
        sent: `Date` of the answer.
    """

    data: bytes
    url: str
    etag: str = ""
    modified: str = ""
    sent: str = ""


def _most_telling(name: str, failures: Sequence[DejabuildError]) -> DejabuildError:
    """One error for a file that no upstream gave."""
    if not failures:
        return NotFound(f"{name}: no upstream to fetch it from")
    for kind in (CorruptUpstream, TransientError, VerificationError):
        if error := next((one for one in failures if isinstance(one, kind)), None):
            return error
    if all(isinstance(one, NotFound) for one in failures):
        return NotFound("; ".join(one.message for one in failures))
    return next(one for one in failures if not isinstance(one, NotFound))
