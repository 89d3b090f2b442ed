# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs in any S3-compatible object store.

::

    <bucket>/<prefix>/sha256/ab/cd/<64 hex>   durable, trusted
    <spool>/incoming, <spool>/partial         on this machine: on their way there

A file is hashed while it is written to the spool, a `LocalBlobs`, so half files are resumed and
nothing unverified is ever uploaded. `sync` uploads what waits, several at once, and asks for the
size of each object before the spool's copy goes.

Nothing relies on what real servers ignore: conditional writes (the same digest is the same
bytes, whoever writes last) and checksums of the service (`storage scrub` reads and hashes).
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from io import BufferedReader
from typing import TYPE_CHECKING

import obstore

from snapshot.errors import NotFound, VerificationError
from storage.blobs.blob import StoredBlob, digest_named
from storage.blobs.local import LocalBlobs, blob_name
from storage.blobs.object_stream import ObjectStream
from storage.blobs.partial import PartialFile
from storage.blobs.reader import CHUNK, BlobReader
from storage.blobs.s3_errors import s3_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from obstore import ObjectMeta

    from snapshot.digest import Digest
    from storage.blobs.blob import Blob
    from storage.blobs.bucket import Bucket

#: Uploads at once, parts of one upload at once, least bytes of a part: their product bounds the
#: memory. S3 takes at most 10,000 parts.
_UPLOADS = 4
_PARTS_AT_ONCE = 2
_PART = 5 << 20
_MOST_PARTS = 9000
#: Some services show an object while somebody else is writing the same: it is not damaged then.
_SENDINGS = 3
#: Requests at once that only ask whether a blob is there.
_LOOKS = 24
#: Seconds for which an object counts as stored just now; less than any grace period.
_YOUNG = 3600.0


class S3Blobs:
    """A blob store in a bucket.

    Args:
        bucket: Where, and as whom.
        spool: A directory of this machine for files on their way; processes may share it.
        clock: Epoch seconds.
    """

    def __init__(self, bucket: Bucket, spool: Path, clock: Callable[[], float] = time.time) -> None:
        self._store = bucket.open()
        self._where = str(bucket)
        self._spool = LocalBlobs(spool)
        self._clock = clock
        self._bucket_is_there = False

    def add(
        self,
        chunks: Iterable[bytes],
        *,
        expect: Digest | None = None,
        durable: bool = True,
        modified: float | None = None,
    ) -> Blob:
        """See `BlobStore.add`."""
        blob = self._spool.add(chunks, expect=expect, durable=False, modified=modified)
        if durable:
            self._publish([blob.digest])
        return blob

    def writer(self, key: str) -> PartialFile:
        """See `BlobStore.writer`."""
        return PartialFile(self._spool.root / "partial", key, self._settle)

    def _settle(self, path: Path, blob: Blob, durable: bool, modified: float | None) -> None:  # noqa: FBT001
        """Take a complete file out of its writer's hands; it stays there if that fails."""
        if durable:
            self._upload(blob.digest, path)
            path.unlink()
        else:
            self._spool.settle(path, blob, durable, modified)

    def sync(self) -> int:
        """See `BlobStore.sync`."""
        waiting = list(self._spool.pending())
        self._publish(waiting)
        return len(waiting)

    def recover(self) -> int:
        """See `BlobStore.recover`."""
        self._spool.recover()
        # What a process that is gone took over itself, and did not upload, lies there too.
        left = list(self._spool)
        self._publish(left)
        return len(left)

    def _publish(self, digests: Iterable[Digest]) -> None:
        """Upload what waits; each leaves the spool when the service has it whole.

        Raises:
            StorageFull: A quota; what does not fit waits on in the spool.
            TransientError: The service does not answer; all of the rest waits on.
            VerificationError: It kept fewer bytes than it was given.
        """
        with ThreadPoolExecutor(_UPLOADS, thread_name_prefix="upload") as pool:
            uploads = [pool.submit(self._publish_one, digest) for digest in digests]
            try:
                for upload in uploads:
                    upload.result()
            except BaseException:
                for upload in uploads:
                    upload.cancel()
                raise

    def _publish_one(self, digest: Digest) -> None:
        path = self._spool.pending().get(digest) or self._spool.local_path(digest)
        if path is not None:
            with suppress(FileNotFoundError):  # whoever took it away had uploaded it
                self._upload(digest, path)
            self._spool.delete(digest)

    def _upload(self, digest: Digest, path: Path) -> None:
        size, found = path.stat().st_size, self.look(digest)
        if found and found.size == size and found.stored > self._clock() - _YOUNG:
            return  # else it is sent again: what is stored again counts as stored now
        for _ in range(_SENDINGS):
            self._send(digest, path, size)
            kept = self._size(digest)
            if kept == size:
                return
        with s3_errors(self._where, "removing a damaged object"), suppress(FileNotFoundError):
            obstore.delete(self._store, blob_name(digest))
        raise VerificationError(
            f"{self._where}: {digest} was given with {size:,} bytes, "
            f"the service kept {'nothing' if kept is None else f'{kept:,}'}",
            advice="the object was removed again; the service cannot be trusted with blobs",
        )

    def _send(self, digest: Digest, path: Path, size: int) -> None:
        part = max(_PART, size // _MOST_PARTS)
        with path.open("rb") as file, s3_errors(self._where, f"uploading {size:,} bytes"):
            obstore.put(
                self._store,
                blob_name(digest),
                file,
                chunk_size=part,
                max_concurrency=_PARTS_AT_ONCE,
            )

    def open(self, digest: Digest, start: int = 0, end: int | None = None) -> BlobReader:
        """See `BlobStore.open`."""
        if digest in self._spool.pending():
            with suppress(NotFound):  # uploaded between the two looks
                return self._spool.open(digest, start, end)
        size = self.size(digest)
        stop = size if end is None else min(end, size)
        length = max(0, stop - start)
        stream = ObjectStream(
            self._store,
            blob_name(digest),
            self._where,
            start=start,
            end=start + length,
            size=size,
        )
        return BlobReader(BufferedReader(stream, CHUNK), length)

    def contains(self, digest: Digest) -> bool:
        """See `BlobStore.contains`."""
        return digest in self._spool.pending() or self._size(digest) is not None

    def held(self, digests: Collection[Digest]) -> set[Digest]:
        """See `BlobStore.held`."""
        asked = list(digests)
        with ThreadPoolExecutor(_LOOKS, thread_name_prefix="look") as pool:
            here = pool.map(self.contains, asked)
            return {digest for digest, is_here in zip(asked, here, strict=True) if is_here}

    def size(self, digest: Digest) -> int:
        """See `BlobStore.size`."""
        if (path := self._spool.pending().get(digest)) is not None:
            with suppress(FileNotFoundError):
                return path.stat().st_size
        size = self._size(digest)
        if size is None:
            raise NotFound(f"no blob {digest}")
        return size

    def _size(self, digest: Digest) -> int | None:
        """Size of the object; None when there is none."""
        try:
            with s3_errors(self._where, "looking for a blob"):
                size: int = obstore.head(self._store, blob_name(digest))["size"]
        except NotFound:
            self._require_bucket()
            return None
        self._bucket_is_there = True
        return size

    def _require_bucket(self) -> None:
        """A HEAD of an object cannot tell a missing blob from a missing bucket; a list can."""
        if not self._bucket_is_there:
            with s3_errors(self._where, "listing"):
                next(iter(obstore.list(self._store, prefix="sha256/", chunk_size=1)), None)
            self._bucket_is_there = True

    def delete(self, digest: Digest) -> None:
        """See `BlobStore.delete`."""
        self._spool.delete(digest)
        with suppress(NotFound), s3_errors(self._where, "deleting a blob"):
            obstore.delete(self._store, blob_name(digest))

    def __iter__(self) -> Iterator[Digest]:
        return (found.digest for found in self.stored())

    def stored(self) -> Iterator[StoredBlob]:
        """See `BlobStore.stored`."""
        pages = iter(obstore.list(self._store, prefix="sha256/", chunk_size=1000))
        while True:
            with s3_errors(self._where, "listing"):
                page = next(pages, None)
            if page is None:
                return
            for found in page:
                if digest := digest_named(found["path"].rpartition("/")[2]):
                    yield _stored(digest, found)

    def look(self, digest: Digest) -> StoredBlob | None:
        """See `BlobStore.look`."""
        try:
            with s3_errors(self._where, "looking for a blob"):
                return _stored(digest, obstore.head(self._store, blob_name(digest)))
        except NotFound:
            self._require_bucket()
            return None

    def tidy(self, before: float, *, remove: bool) -> tuple[int, int]:
        """See `BlobStore.tidy`; uploads in parts that broke off are the service's to expire."""
        return self._spool.tidy(before, remove=remove)

    def local_path(self, digest: Digest) -> Path | None:  # noqa: ARG002  the contract's shape
        """Never a file."""
        return None

    def quarantine(self, digest: Digest) -> str:
        """See `BlobStore.quarantine`."""
        key = aside = f"quarantine/{digest.hex}"
        with s3_errors(self._where, f"putting {digest} aside"):
            taken = {
                found["path"]
                for page in obstore.list(self._store, prefix="quarantine/", chunk_size=1000)
                for found in page
                if found["path"].startswith(key)
            }
        number = 0
        while aside in taken:
            number += 1
            aside = f"{key}.{number}"
        try:
            with s3_errors(self._where, f"putting {digest} aside"):
                obstore.rename(self._store, blob_name(digest), aside)
        except NotFound:
            raise NotFound(f"no blob {digest}") from None
        return f"{self._where}/{aside}"

    def address(self, digest: Digest, seconds: float) -> str:
        """A signed address by which anybody may get a blob for some seconds."""
        with s3_errors(self._where, "signing an address"):
            return str(
                obstore.sign(self._store, "GET", blob_name(digest), timedelta(seconds=seconds))
            )

    def close(self) -> None:
        """See `BlobStore.close`."""
        self._spool.close()


def _stored(digest: Digest, found: ObjectMeta) -> StoredBlob:
    # In whole seconds: a list may have fractions that the answer to a HEAD lacks.
    return StoredBlob(digest, found["size"], found["last_modified"].timestamp() // 1)
