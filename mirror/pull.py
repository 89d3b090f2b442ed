# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull-through: a file that an index or a Release names is fetched when it is first asked for.

It is given to nobody before it is whole, verified against the index and durable. However many
ask at once, threads or processes, one of them fetches and the others wait for it. What did not
come is not asked for again at once either: those who waited get the same answer.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.find_blob import find_blob
from mirror.lay_out import link_pool
from mirror.lock import exclusive
from snapshot.errors import CorruptUpstream, NotFound, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from snapshot.digest import Digest
    from snapshot.errors import DejabuildError

#: Seconds for which a file that no upstream has is not asked for again.
FORGET_AFTER = 3600.0
#: The same for one that did not come now, unless the upstream said for how long.
AGAIN_AFTER = 10.0
#: The same for one that came with other bytes than the index says, past every cache.
SUSPECT_AFTER = 300.0
#: Refusals remembered before those that are over are looked for.
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a file does not come, and until when that is believed; no error: nobody has it."""

    until: float
    error: DejabuildError | None


class PullThrough:
    """Fetches single blobs on demand; shared by all threads of a server process.

    Args:
        stores: Where they go; its fetcher should not be patient, since somebody waits.
        policies: Where each archive comes from.
    """

    def __init__(self, stores: MirrorStores, policies: Iterable[ArchivePolicy]) -> None:
        self._stores = stores
        self._policies = {policy.name: policy for policy in policies}
        self._refused: dict[Digest, _Refusal] = {}
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
            # Whoever had the lock before us may have learnt that it does not come.
            return not self._is_absent(digest) and self._fetch(digest)

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
            self._refuse(digest, FORGET_AFTER, None)
            return False
        except TransientError as error:
            self._refuse(digest, min(error.retry_after or AGAIN_AFTER, FORGET_AFTER), error)
            raise
        except CorruptUpstream as error:
            self._refuse(digest, SUSPECT_AFTER, error)
            raise
        stores.catalogue.record_blob(fetched.blob)
        for place in places:
            link_pool(stores, place.coordinates.archive, [(place.file.path, digest)])
        return True

    def _refuse(self, digest: Digest, seconds: float, error: DejabuildError | None) -> None:
        now = self._stores.clock()
        with self._lock:
            if len(self._refused) >= _MANY:
                self._refused = {d: one for d, one in self._refused.items() if one.until > now}
            self._refused[digest] = _Refusal(now + seconds, error)

    def _is_absent(self, digest: Digest) -> bool:
        """Whether a file is known not to come.

        Raises:
            TransientError: It did not come a moment ago; says when to ask again.
            CorruptUpstream: It came with other bytes a moment ago.
        """
        now = self._stores.clock()
        with self._lock:
            refusal = self._refused.get(digest)
            if refusal is not None and refusal.until <= now:
                del self._refused[digest]
                refusal = None
        if refusal is None:
            return False
        match refusal.error:
            case TransientError() as error:
                left = max(1.0, refusal.until - now)
                raise TransientError(error.message, advice=error.advice, retry_after=left)
            case CorruptUpstream() as error:
                raise CorruptUpstream(error.message, advice=error.advice)
        return True
