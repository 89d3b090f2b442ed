# SPDX-License-Identifier: GPL-3.0-or-later
"""The package files of a run: which are lacking, and having them durable and recorded."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mirror.fetch_files import fetch_files
from mirror.remote_file import RemoteFile
from snapshot.digest import Checksums
from snapshot.errors import DejabuildError, TransientError
from storage.blobs import describe
from storage.catalogue import BlobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from mirror.upstream import Upstream
    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp
    from storage.blobs import Blob
    from storage.catalogue import StoredFile

#: Bytes after which what was fetched is made durable and recorded.
_BATCH = 128 << 20


@dataclass(slots=True)
class Gathering:
    """What it took.

    Attributes:
        files: How many came.
        received: Bytes that crossed the network for them.
        missing: Digests that no upstream has.
    """

    files: int = 0
    received: int = 0
    missing: set[Digest] = field(default_factory=set)


def lacking_files(
    files: Iterable[StoredFile],
    upstreams: Sequence[Upstream],
    stores: MirrorStores,
    at: Timestamp | None,
) -> tuple[list[RemoteFile], list[Digest]]:
    """Which files must be fetched, each digest once.

    Returns:
        What to fetch; and what is here already, though the catalogue does not know it (a
        sync that was killed stored it).
    """
    distinct: dict[Digest, StoredFile] = {}
    for file in files:
        distinct.setdefault(file.digest, file)
    held = stores.blobs.held(distinct)
    wanted: dict[Digest, RemoteFile] = {}
    unrecorded: list[Digest] = []
    for file in distinct.values():
        if file.digest not in held:
            checksums = Checksums(file.size, file.digest, file.sha1)
            urls = [url for one in upstreams for url in one.file_urls(file.path, checksums, at)]
            wanted[file.digest] = RemoteFile(file.path, tuple(urls), checksums)
        elif file.state is not BlobState.PRESENT:
            unrecorded.append(file.digest)
    return list(wanted.values()), unrecorded


def gather_files(
    files: Iterable[StoredFile],
    policy: ArchivePolicy,
    upstreams: Sequence[Upstream],
    stores: MirrorStores,
    at: Timestamp | None,
) -> Gathering:
    """Fetch what is lacking of a run's files, if the policy wants them now.

    Raises:
        TransientError: Files did not come, for reasons that pass; those that came are kept.
        CorruptUpstream: Files came that contradict the index.
        StorageFull: No room; those that came are kept.
    """
    wanted, unrecorded = lacking_files(files, upstreams, stores, at)
    stores.catalogue.record_blobs(describe(stores.blobs, digest) for digest in unrecorded)
    if policy.files != "all" and policy.package_set is None:
        return Gathering()
    return gather_wanted(wanted, stores)


def gather_wanted(wanted: Sequence[RemoteFile], stores: MirrorStores) -> Gathering:
    """Fetch files; what came is durable and recorded when this returns, or fails.

    What an operator took out is not fetched: a web server would give it from the link trees.

    Raises:
        TransientError: Files did not come, for reasons that pass; those that came are kept.
        CorruptUpstream: Files came that contradict the index.
        StorageFull: No room; those that came are kept.
    """
    gathering = Gathering()
    named = {digest for one in wanted if (digest := one.checksums.sha256) is not None}
    withheld = stores.catalogue.removals.withheld(named)
    wanted = [one for one in wanted if one.checksums.sha256 not in withheld]
    stores.progress.plan(len(wanted), sum(remote.checksums.size for remote in wanted))
    keeper = _Keeper(stores)
    failed = []
    try:
        # Closed before what came is made durable: no download runs on when this ends early.
        with closing(
            fetch_files(wanted, stores.fetcher, stores.progress, connections=stores.connections)
        ) as batches:
            for batch in batches:
                keeper.take([one.blob for one in batch.fetched])
                gathering.files += len(batch.fetched)
                gathering.received += sum(one.received for one in batch.fetched)
                gathering.missing |= {
                    digest for one in batch.missing if (digest := one.checksums.sha256)
                }
                failed += batch.failed
    except BaseException:
        with suppress(DejabuildError):  # on a full disk this fails too; the first error tells more
            keeper.flush()
        raise
    keeper.flush()
    if failed:
        failed.sort(key=lambda error: isinstance(error, TransientError))
        raise failed[0]
    # Another archive, or a pull-through, may have had one elsewhere meanwhile.
    gathering.missing -= stores.blobs.held(gathering.missing)
    stores.catalogue.set_blob_state(sorted(gathering.missing), BlobState.MISSING)
    return gathering


class _Keeper:
    """Makes blobs durable in batches, and only then lets the catalogue know them."""

    def __init__(self, stores: MirrorStores) -> None:
        self._stores = stores
        self._blobs: list[Blob] = []
        self._size = 0

    def take(self, blobs: Sequence[Blob]) -> None:
        self._blobs += blobs
        self._size += sum(blob.size for blob in blobs)
        if self._size >= _BATCH:
            self.flush()

    def flush(self) -> None:
        self._stores.blobs.sync()
        if self._blobs:
            self._stores.catalogue.record_blobs(self._blobs)
        self._blobs, self._size = [], 0
