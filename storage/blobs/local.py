# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs on a local disk.

::

    <root>/sha256/ab/cd/<64 hex>     durable, read-only, trusted
    <root>/incoming/<process>/<hex>  complete, not known to be on the disk yet
    <root>/partial/<key>             in the middle of a download
    <root>/quarantine/<hex>[.<n>]    damaged: nobody's any more, kept for whoever looks into it

A file reaches `sha256/` by a rename, after its bytes are on the disk. So a power cut, which
may tear any file written shortly before it, can tear only files that nobody trusts.
"""

from __future__ import annotations

import os
import threading
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from snapshot.digest import Digest
from snapshot.errors import NotFound, VerificationError
from storage.blobs.blob import Blob, RunningHash, StoredBlob, digest_named
from storage.blobs.disk_errors import disk_errors
from storage.blobs.durability import Disk, Durability
from storage.blobs.incoming import Incoming
from storage.blobs.partial import PartialFile
from storage.blobs.reader import CHUNK, BlobReader
from storage.blobs.tidy import tidy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_READ_ONLY = 0o444


def blob_name(digest: Digest) -> str:
    """The path of a blob below the root of its store: `sha256/ab/cd/<hex>`."""
    return f"sha256/{digest.hex[:2]}/{digest.hex[2:4]}/{digest.hex}"


class LocalBlobs:
    """A blob store in a directory.

    Args:
        root: Made when first written to.
        durability: How bytes reach the disk; tests cut the power here.
    """

    def __init__(self, root: Path, *, durability: Durability | None = None) -> None:
        self.root = root
        self._root = os.fspath(root)
        self._durability = durability or Disk()
        self._incoming = Incoming(root / "incoming")
        self._pending: dict[Digest, Path] = {}
        self._lock = threading.Lock()

    def add(
        self,
        chunks: Iterable[bytes],
        *,
        expect: Digest | None = None,
        durable: bool = True,
        modified: float | None = None,
    ) -> Blob:
        """See `BlobStore.add`."""
        running = RunningHash()
        with disk_errors(self.root, "storing a blob"):
            self._incoming.directory()
        with self._incoming.new_file() as (descriptor, path):
            for chunk in chunks:  # its own errors are not the disk's
                self._write(descriptor, chunk)
                running.update(chunk)
            blob = running.blob()
            if expect is not None and blob.digest != expect:
                raise VerificationError(
                    f"{blob.size:,} bytes hash to {blob.digest}, expected {expect}"
                )
            self.settle(path, blob, durable, modified)
        return blob

    def _write(self, descriptor: int, chunk: bytes) -> None:
        view = memoryview(chunk)
        with disk_errors(self.root, "storing a blob"):
            while view:
                view = view[os.write(descriptor, view) :]

    def writer(self, key: str) -> PartialFile:
        """See `BlobStore.writer`."""
        return PartialFile(self.root / "partial", key, self.settle)

    def settle(self, path: Path, blob: Blob, durable: bool, modified: float | None) -> None:  # noqa: FBT001
        """Take a complete file out of its writer's hands."""
        if self._is_here_again(blob.digest):
            path.unlink()
            return
        with disk_errors(self.root, f"storing {blob.size:,} bytes"):
            waiting = self._incoming.directory() / blob.digest.hex
            path.chmod(_READ_ONLY)
            if modified is not None:
                os.utime(path, (modified, modified))
            with self._lock:
                if blob.digest in self._pending:
                    path.unlink()  # never over a file that a sync may be half through
                else:
                    path.rename(waiting)
                    self._pending[blob.digest] = waiting
        if durable:
            self._publish({blob.digest: waiting})

    def _is_here_again(self, digest: Digest) -> bool:
        """Whether a blob is durable; then it counts as stored now."""
        final = self._final(digest)
        try:
            final.chmod(_READ_ONLY)  # what it is already: only the time of change moves
        except FileNotFoundError:
            return False
        except OSError:  # somebody else's file: it is here all the same
            return final.exists()
        return True

    def sync(self) -> int:
        """See `BlobStore.sync`."""
        batch = self.pending()
        self._publish(batch)
        return len(batch)

    def pending(self) -> dict[Digest, Path]:
        """Blobs of this store object that wait for `sync`, and where their bytes lie."""
        with self._lock:
            return dict(self._pending)

    def _publish(self, batch: Mapping[Digest, Path]) -> None:
        """Bytes to the disk first, names after: the order is what makes a name trustworthy."""
        if not batch:
            return
        with disk_errors(self.root, f"making {len(batch):,} blobs durable"):
            self._durability.data(batch.values())
            changed: set[Path] = set()
            for digest, path in batch.items():
                changed |= self._name(path, digest)
            self._durability.names(sorted(changed))
        with self._lock:
            for digest in batch:
                self._pending.pop(digest, None)

    def _name(self, path: Path, digest: Digest) -> set[Path]:
        """Rename to the final name; returns the directories that changed."""
        final = self._final(digest)
        changed = {final.parent}
        if not final.parent.exists():
            final.parent.mkdir(parents=True, exist_ok=True)
            changed |= {final.parents[1], final.parents[2], self.root}
        try:
            path.rename(final)
        except FileNotFoundError:
            if not final.exists():  # else another thread published the same blob
                raise
        return changed

    def recover(self) -> int:
        """See `BlobStore.recover`."""
        with self._incoming.left_behind() as files:
            rescued: set[Digest] = set()
            for path in files:
                blob = _hash_file(path)
                if path.name == blob.digest.hex:
                    self.settle(path, blob, durable=False, modified=None)
                    rescued.add(blob.digest)
            with self._lock:
                batch = {d: path for d, path in self._pending.items() if d in rescued}
            self._publish(batch)
        return len(rescued)

    def _final(self, digest: Digest) -> Path:
        return self.root / blob_name(digest)

    def _find(self, digest: Digest) -> Path:
        """Where the blob lies now, pending or durable."""
        waiting = self._pending.get(digest)
        return waiting if waiting is not None and waiting.exists() else self._final(digest)

    def open(self, digest: Digest, start: int = 0, end: int | None = None) -> BlobReader:
        """See `BlobStore.open`."""
        try:
            stream = self._find(digest).open("rb", buffering=0)
        except FileNotFoundError:
            try:  # it may have become durable between the two looks
                stream = self._final(digest).open("rb", buffering=0)
            except FileNotFoundError:
                raise NotFound(f"no blob {digest}") from None
        size = os.fstat(stream.fileno()).st_size
        stream.seek(start)
        return BlobReader(stream, max(0, (size if end is None else min(end, size)) - start))

    def contains(self, digest: Digest) -> bool:
        """See `BlobStore.contains`."""
        return digest in self._pending or self._final(digest).exists()

    def held(self, digests: Collection[Digest]) -> set[Digest]:
        """See `BlobStore.held`."""
        return {digest for digest in digests if self.contains(digest)}

    def size(self, digest: Digest) -> int:
        """See `BlobStore.size`."""
        for path in (self._find(digest), self._final(digest)):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                continue
        raise NotFound(f"no blob {digest}")

    def delete(self, digest: Digest) -> None:
        """See `BlobStore.delete`."""
        with self._lock:
            waiting = self._pending.pop(digest, None)
        if waiting is not None:
            waiting.unlink(missing_ok=True)
        self._final(digest).unlink(missing_ok=True)

    def quarantine(self, digest: Digest) -> str:
        """See `BlobStore.quarantine`."""
        place = self.root / "quarantine"
        with disk_errors(self.root, f"putting {digest} aside"):
            place.mkdir(parents=True, exist_ok=True)
            aside = next(
                path
                for number in count()
                if not (path := place / f"{digest.hex}{f'.{number}' if number else ''}").exists()
            )
            try:
                self._final(digest).rename(aside)
            except FileNotFoundError:
                raise NotFound(f"no blob {digest}") from None
            self._durability.names([place])
        return str(aside)

    def __iter__(self) -> Iterator[Digest]:
        top = self.root / "sha256"
        for outer in _names(top):
            for inner in _names(top / outer):
                named = map(digest_named, _names(top / outer / inner))
                yield from (digest for digest in named if digest is not None)

    def stored(self) -> Iterator[StoredBlob]:
        """See `BlobStore.stored`."""
        return (found for digest in self if (found := self.look(digest)))

    def look(self, digest: Digest) -> StoredBlob | None:
        """See `BlobStore.look`.

        Age is the time of the last change of the file's facts: its modification time is the
        upstream's.
        """
        try:
            found = self._final(digest).stat()
        except FileNotFoundError:
            return None
        return StoredBlob(digest, found.st_size, found.st_ctime)

    def tidy(self, before: float, *, remove: bool) -> tuple[int, int]:
        """See `BlobStore.tidy`."""
        return tidy(self.root, before, remove=remove)

    def local_path(self, digest: Digest) -> Path | None:
        """See `BlobStore.local_path`."""
        name = f"{self._root}/{blob_name(digest)}"
        return Path(name) if os.path.exists(name) else None  # noqa: PTH110  a Path takes longer than to look

    def address(self, digest: Digest, seconds: float) -> None:
        """A file has no address of its own."""

    def close(self) -> None:
        """See `BlobStore.close`."""
        self._incoming.close()
        self._pending.clear()


def _hash_file(path: Path) -> Blob:
    running = RunningHash()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            running.update(chunk)
    return running.blob()


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208  a million Path objects cost memory
    except (FileNotFoundError, NotADirectoryError):
        return []
