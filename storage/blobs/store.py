# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract every blob store fulfils.

Durability: `add` and `commit` return when the blob would survive a power cut, unless the
caller says `durable=False`. Then the blob is *pending*: this store object contains and reads
it, nobody else sees it, and one `sync()` makes all pending blobs durable and visible at
once. Nothing may refer to a blob (a database row, a link) before that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from snapshot.digest import Checksums, Digest
    from storage.blobs.blob import Blob, StoredBlob
    from storage.blobs.reader import BlobReader


class BlobWriter(Protocol):
    """A file on its way into the store that survives being interrupted.

    Leaving a `with` block without `commit` keeps what was written: a later
    `BlobStore.writer` with the same key goes on from there, in another process too.
    """

    @property
    def size(self) -> int:
        """Bytes held so far; after reopening, those that survived."""
        ...

    @property
    def validator(self) -> str:
        """The upstream's ETag or date those bytes belong to; empty when unknown."""
        ...

    @validator.setter
    def validator(self, value: str) -> None: ...

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append.

        Raises:
            StorageFull: No room; what was written before is kept.
        """
        ...

    def restart(self) -> None:
        """Forget what was written and begin again at byte 0."""
        ...

    def commit(
        self,
        expect: Checksums | None = None,
        *,
        durable: bool = True,
        modified: float | None = None,
    ) -> Blob:
        """Turn what was written into a blob.

        Args:
            expect: What it must be.
            durable: False leaves it pending until `BlobStore.sync`.
            modified: Modification time in epoch seconds, kept only when the blob is new.

        Raises:
            VerificationError: It is not what was expected; what was written is dropped, and
                the writer may begin again.
            StorageFull: No room; what was written is kept.
        """
        ...

    def abandon(self) -> None:
        """Drop what was written."""
        ...

    def close(self) -> None:
        """Keep what was written for the next writer of this key."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class BlobStore(Protocol):
    """Immutable bytes by SHA-256. Every method may be called from several threads."""

    def add(
        self,
        chunks: Iterable[bytes],
        *,
        expect: Digest | None = None,
        durable: bool = True,
        modified: float | None = None,
    ) -> Blob:
        """Store a stream.

        Args:
            chunks: The bytes, in order.
            expect: What they must hash to.
            durable: False leaves the blob pending until `sync`.
            modified: Modification time in epoch seconds, kept only when the blob is new.

        Raises:
            VerificationError: They hash to something else; nothing is stored.
            StorageFull: No room; nothing that was stored before is lost.
        """
        ...

    def writer(self, key: str) -> BlobWriter:
        """Begin, or go on with, the file of this key (a digest or a URL).

        Raises:
            Busy: Another thread or process is writing this key.
        """
        ...

    def sync(self) -> int:
        """Make every pending blob durable and visible; returns how many there were."""
        ...

    def recover(self) -> int:
        """Take over pending blobs of processes that are gone; returns how many.

        Each is hashed again first, since a power cut may have torn it.
        """
        ...

    def open(self, digest: Digest, start: int = 0, end: int | None = None) -> BlobReader:
        """Read bytes `start` (included) to `end` (excluded, default: all).

        Raises:
            NotFound: Not here.
        """
        ...

    def contains(self, digest: Digest) -> bool:
        """Whether the blob is here."""
        ...

    def held(self, digests: Collection[Digest]) -> set[Digest]:
        """Which of these blobs are here; asked together, because a service far away is slow."""
        ...

    def size(self, digest: Digest) -> int:
        """Length in bytes.

        Raises:
            NotFound: Not here.
        """
        ...

    def delete(self, digest: Digest) -> None:
        """Remove; removing what is not here is no error."""
        ...

    def __iter__(self) -> Iterator[Digest]:
        """Every durable blob, in order of digest."""
        ...

    def stored(self) -> Iterator[StoredBlob]:
        """The same with sizes and ages."""
        ...

    def look(self, digest: Digest) -> StoredBlob | None:
        """One of them; None when it is not here, or not durable."""
        ...

    def tidy(self, before: float, *, remove: bool) -> tuple[int, int]:
        """Find interrupted uploads and downloads that nobody went on with.

        Args:
            before: Only those last written before this epoch second.
            remove: Remove them; otherwise only count.

        Returns:
            How many there are, and their bytes.
        """
        ...

    def local_path(self, digest: Digest) -> Path | None:
        """Where a durable blob lies as a file; None when absent, or not in a file system."""
        ...

    def address(self, digest: Digest, seconds: float) -> str | None:
        """A URL by which anybody may get a durable blob for so long; None when there is none."""
        ...

    def quarantine(self, digest: Digest) -> str:
        """Take a damaged durable blob out of the store without destroying its bytes.

        Returns:
            Where they lie now, for people.

        Raises:
            NotFound: Not here.
        """
        ...

    def close(self) -> None:
        """Let go of locks and pending names; pending blobs stay for `recover`."""
        ...
