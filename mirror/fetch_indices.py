# SPDX-License-Identifier: GPL-3.0-or-later
"""The indices a Release vouches for, each in one packing, all or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.remote_file import RemoteFile
from mirror.select_members import Member, WantedIndex
from mirror.weak_digests import check_weakly
from snapshot.coordinates import suite_directory
from snapshot.errors import CorruptUpstream, DejabuildError, NotFound, TransientError
from storage.blobs import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mirror.fetch import Fetcher
    from mirror.fetch_release import VerifiedRelease
    from mirror.upstream import Upstream
    from snapshot.timestamp import Timestamp
    from storage.blobs import Blob, BlobStore


class UpstreamInconsistent(TransientError):
    """The upstream's indices are not those of its Release: it is being updated, or broken."""


@dataclass(frozen=True, slots=True)
class FetchedIndex:
    """An index, verified against its Release.

    Attributes:
        wanted: What was asked for.
        member: The packing that came.
        blob: Its packed bytes; pending in the store.
    """

    wanted: WantedIndex
    member: Member
    blob: Blob


class IndexFetcher:
    """Fetches the indices of one archive.

    Args:
        archive: Its name, for messages.
        upstreams: Where to ask, in order.
        fetcher: Sends the requests.
        blobs: Where the files go.
    """

    def __init__(
        self, archive: str, upstreams: Sequence[Upstream], *, fetcher: Fetcher, blobs: BlobStore
    ) -> None:
        self._archive = archive
        self._upstreams = upstreams
        self._fetcher = fetcher
        self._blobs = blobs

    def fetch(
        self, verified: VerifiedRelease, wanted: Sequence[WantedIndex], at: Timestamp | None
    ) -> list[FetchedIndex]:
        """All of the wanted indices.

        Raises:
            UpstreamInconsistent: One is missing, or other bytes, at every upstream: ask for
                the Release again and see whether it changed.
            TransientError: Patience ended.
        """
        fetched = []
        for index in wanted:
            one = self._fetch(verified, index, at)
            if one is not None:
                fetched.append(one)
        return fetched

    def _fetch(
        self, verified: VerifiedRelease, index: WantedIndex, at: Timestamp | None
    ) -> FetchedIndex | None:
        """One index; None for a missing one that no stream needs."""
        for member in index.variants:  # one that is here already costs nothing
            digest = member.checksums.sha256
            if digest is not None and self._blobs.contains(digest):
                return FetchedIndex(index, member, describe(self._blobs, digest))
        failures: list[DejabuildError] = []
        for member in index.variants:
            try:
                remote = self._remote(verified, member, at)
                if member.checksums.sha256 is None:
                    return FetchedIndex(index, member, self._weakly_proved(remote))
                blob = self._fetcher.fetch(remote).blob
            except (NotFound, CorruptUpstream) as error:
                failures.append(error)
            else:
                return FetchedIndex(index, member, blob)
        if index.coordinates is None:
            return None
        raise UpstreamInconsistent(
            f"{self._archive} {verified.suite}: {index.base} is not the one its Release names "
            f"({failures[-1].message})",
            advice="the upstream is being updated or broken; nothing was changed, try later",
        ) from failures[-1]

    def _weakly_proved(self, remote: RemoteFile) -> Blob:
        """What has no SHA-256 yet is read whole: indices of that age are small."""
        failures: list[DejabuildError] = []
        for url in remote.urls:
            try:
                document = self._fetcher.document([url], limit=remote.checksums.size)
                assert document is not None  # noqa: S101  only a conditional one brings nothing
                check_weakly(document.data, remote.checksums, url)
                return self._blobs.add([document.data], durable=False)
            except (NotFound, CorruptUpstream) as error:
                failures.append(error)
        raise next((one for one in failures if isinstance(one, CorruptUpstream)), failures[0])

    def _remote(
        self, verified: VerifiedRelease, member: Member, at: Timestamp | None
    ) -> RemoteFile:
        by_hash = verified.release.acquire_by_hash
        surest_first = sorted(self._upstreams, key=lambda one: one is not verified.upstream)
        urls = [
            url
            for upstream in surest_first
            for url in upstream.index_urls(
                verified.suite, member.path, member.checksums, at, by_hash=by_hash
            )
        ]
        path = f"{suite_directory(verified.suite)}{member.path}"
        return RemoteFile(path, tuple(urls), member.checksums)
