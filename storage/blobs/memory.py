# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs in memory: for tests, and for throw-away servers."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING, Self

from snapshot.digest import Checksums, Digest
from snapshot.errors import Busy, NotFound, VerificationError
from storage.blobs.blob import Blob, RunningHash, StoredBlob, check
from storage.blobs.reader import BlobReader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path
    from types import TracebackType


class MemoryBlobs:
    """A blob store that ends with its process; pending and durable are the same here.

    Args:
        clock: Epoch seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._blobs: dict[Digest, bytes] = {}
        self._stored: dict[Digest, float] = {}
        self._partial: dict[str, tuple[bytes, str]] = {}
        self._writing: set[str] = set()
        self._pending: set[Digest] = set()
        self._quarantine: list[tuple[Digest, bytes]] = []
        self._lock = threading.Lock()

    def add(
        self,
        chunks: Iterable[bytes],
        *,
        expect: Digest | None = None,
        durable: bool = True,
        modified: float | None = None,  # noqa: ARG002  memory has no file times
    ) -> Blob:
        """See `BlobStore.add`."""
        data = b"".join(chunks)
        blob = _blob(data)
        if expect is not None and blob.digest != expect:
            raise VerificationError(f"{blob.size:,} bytes hash to {blob.digest}, expected {expect}")
        self._keep(blob, data, durable=durable)
        return blob

    def writer(self, key: str) -> MemoryWriter:
        """See `BlobStore.writer`."""
        with self._lock:
            if key in self._writing:
                raise Busy(f"another writer has {key} open")
            self._writing.add(key)
            return MemoryWriter(self, key, *self._partial.get(key, (b"", "")))

    def sync(self) -> int:
        """See `BlobStore.sync`."""
        with self._lock:
            count = len(self._pending)
            self._pending.clear()
            return count

    def recover(self) -> int:
        """Nothing survives a process here."""
        return 0

    def open(self, digest: Digest, start: int = 0, end: int | None = None) -> BlobReader:
        """See `BlobStore.open`."""
        data = self._get(digest)
        stop = len(data) if end is None else min(end, len(data))
        stream = io.BytesIO(data)
        stream.seek(start)
        return BlobReader(stream, max(0, stop - start))

    def contains(self, digest: Digest) -> bool:
        """See `BlobStore.contains`."""
        return digest in self._blobs

    def held(self, digests: Collection[Digest]) -> set[Digest]:
        """See `BlobStore.held`."""
        return {digest for digest in digests if self.contains(digest)}

    def size(self, digest: Digest) -> int:
        """See `BlobStore.size`."""
        return len(self._get(digest))

    def delete(self, digest: Digest) -> None:
        """See `BlobStore.delete`."""
        with self._lock:
            self._blobs.pop(digest, None)
            self._pending.discard(digest)

    def __iter__(self) -> Iterator[Digest]:
        return iter(sorted(set(self._blobs) - self._pending))

    def stored(self) -> Iterator[StoredBlob]:
        """See `BlobStore.stored`."""
        return (found for digest in self if (found := self.look(digest)))

    def look(self, digest: Digest) -> StoredBlob | None:
        """See `BlobStore.look`."""
        data = self._blobs.get(digest)
        if data is None or digest in self._pending:
            return None
        return StoredBlob(digest, len(data), self._stored[digest])

    def tidy(self, before: float, *, remove: bool) -> tuple[int, int]:  # noqa: ARG002  the contract's shape
        """Nothing is left here by others."""
        return 0, 0

    def local_path(self, digest: Digest) -> Path | None:  # noqa: ARG002  the contract's shape
        """Never a file."""
        return None

    def address(self, digest: Digest, seconds: float) -> None:
        """Memory has no address."""

    def quarantine(self, digest: Digest) -> str:
        """See `BlobStore.quarantine`."""
        with self._lock:
            data = self._get(digest)
            del self._blobs[digest]
            self._quarantine.append((digest, data))
            return f"memory ({len(self._quarantine)})"

    def close(self) -> None:
        """Nothing to let go of."""

    def _get(self, digest: Digest) -> bytes:
        try:
            return self._blobs[digest]
        except KeyError:
            raise NotFound(f"no blob {digest}") from None

    def _keep(self, blob: Blob, data: bytes, *, durable: bool) -> None:
        with self._lock:
            self._stored[blob.digest] = self._clock()
            if blob.digest not in self._blobs:
                self._blobs[blob.digest] = data
                if not durable:
                    self._pending.add(blob.digest)
            elif durable:
                self._pending.discard(blob.digest)

    def _end(self, key: str, held: bytes, validator: str) -> None:
        with self._lock:
            self._writing.discard(key)
            self._partial.pop(key, None)
            if held:
                self._partial[key] = (held, validator)


class MemoryWriter:
    """See `BlobWriter`."""

    def __init__(self, store: MemoryBlobs, key: str, held: bytes, validator: str) -> None:
        self._store = store
        self._key = key
        self._data = bytearray(held)
        self._open = True
        self.validator = validator

    @property
    def size(self) -> int:
        """Bytes held so far."""
        return len(self._data)

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append."""
        self._data += chunk

    def restart(self) -> None:
        """Begin again at byte 0."""
        self._data.clear()
        self.validator = ""

    def commit(
        self,
        expect: Checksums | None = None,
        *,
        durable: bool = True,
        modified: float | None = None,  # noqa: ARG002  memory has no file times
    ) -> Blob:
        """See `BlobWriter.commit`."""
        data = bytes(self._data)
        blob = _blob(data)
        try:
            if expect is not None:
                check(blob, expect, self._key)
        except BaseException:
            self.restart()
            raise
        self.abandon()
        self._store._keep(blob, data, durable=durable)  # noqa: SLF001  two halves of one store
        return blob

    def abandon(self) -> None:
        """Drop what was written."""
        self._data.clear()
        self.close()

    def close(self) -> None:
        """Keep what was written for the next writer of this key."""
        if self._open:
            self._open = False
            self._store._end(self._key, bytes(self._data), self.validator)  # noqa: SLF001

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _blob(data: bytes) -> Blob:
    running = RunningHash()
    running.update(data)
    return running.blob()
