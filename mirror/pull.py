# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull-through: a file that an index or a Release names is fetched when it is first asked for.

It is given to nobody before it is whole, verified against the index and durable. However many
ask at once, threads or processes, one of them fetches and the others wait for it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mirror.find_blob import find_blob
from mirror.lay_out import link_pool
from mirror.lock import exclusive
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from snapshot.digest import Digest

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
        places = tuple(
            place
            for place in stores.catalogue.locations(digest)
            if place.coordinates.archive in self._policies
        )
        remote = find_blob(stores.catalogue, self._policies, places, digest)
        if remote is None:
            return False
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

    def _is_absent(self, digest: Digest) -> bool:
        with self._lock:
            until = self._absent.get(digest)
            if until is not None and until <= self._stores.clock():
                del self._absent[digest]
                until = None
            return until is not None
