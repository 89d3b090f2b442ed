# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull-through: a package file that an index names is fetched when it is first asked for.

It is given to nobody before it is whole, verified against the index and durable. However many
ask at once, threads or processes, one of them fetches and the others wait for it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mirror.lay_out import link_pool
from mirror.lock import exclusive
from mirror.open_upstreams import open_upstreams
from mirror.remote_file import RemoteFile
from snapshot.digest import Checksums
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp
    from storage.catalogue import FileLocation

#: Seconds for which a file that no upstream has is not asked for again.
FORGET_AFTER = 3600.0


class PullThrough:
    """Fetches single blobs on demand; shared by all threads of a server process.

    Args:
        stores: Where they go; its fetcher should not be patient, since somebody waits.
        policies: Where each archive comes from.
    """

    def __init__(self, stores: MirrorStores, policies: Iterable[ArchivePolicy]) -> None:
        self._stores = stores
        self._policies = {policy.name: policy for policy in policies}
        self._absent: dict[Digest, float] = {}
        self._lock = threading.Lock()

    def __call__(self, digest: Digest) -> bool:
        """Make sure that the store holds a blob.

        Returns:
            False when no index names it, or no upstream has it.

        Raises:
            TransientError: The upstream did not answer; ask again later.
            CorruptUpstream: It sent bytes that contradict the index; none were stored.
            StorageFull: No room.
        """
        blobs = self._stores.blobs
        if blobs.contains(digest):
            return True
        if self._is_absent(digest):
            return False
        # 4096 names bound the number of lock files; two blobs that share one only wait.
        lock = self._stores.locks / "pull" / f"{digest.hex[:3]}.lock"
        with exclusive(lock, f"fetch of {digest}", now=self._stores.clock(), wait=True):
            if blobs.contains(digest):
                return True
            return self._fetch(digest)

    def _fetch(self, digest: Digest) -> bool:
        stores = self._stores
        places = [
            place
            for place in stores.catalogue.locations(digest)
            if place.coordinates.archive in self._policies
        ]
        urls = tuple(dict.fromkeys(self._urls(places)))
        if not urls:
            return False
        file = places[0].file
        remote = RemoteFile(file.path, urls, Checksums(file.size, digest))
        try:
            fetched = stores.fetcher.fetch(remote, durable=True)
        except NotFound:
            with self._lock:
                self._absent[digest] = stores.clock() + FORGET_AFTER
            return False
        stores.catalogue.record_blob(fetched.blob)
        for place in places:
            link_pool(stores, place.coordinates.archive, [(place.file.path, digest)])
        return True

    def _urls(self, places: Sequence[FileLocation]) -> Iterator[str]:
        for place in places:
            policy = self._policies[place.coordinates.archive]
            at = self._stamp(policy, place.first_seen)
            file = place.file
            checksums = Checksums(file.size, file.digest, file.sha1)
            for upstream in open_upstreams(policy):
                yield from upstream.file_urls(file.path, checksums, at)

    def _stamp(self, policy: ArchivePolicy, seen: Timestamp) -> Timestamp:
        """The dated upstream's own stamp of the run in which a file was seen."""
        run = self._stores.catalogue.run_at(policy.name, seen)
        return run.aliases[-1] if run is not None and run.aliases else seen

    def _is_absent(self, digest: Digest) -> bool:
        with self._lock:
            until = self._absent.get(digest)
            if until is not None and until <= self._stores.clock():
                del self._absent[digest]
                until = None
            return until is not None
