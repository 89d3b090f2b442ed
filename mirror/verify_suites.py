# SPDX-License-Identifier: GPL-3.0-or-later
"""The suites of a run, each verified from its signature down to its indices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mirror.fetch_indices import FetchedIndex, IndexFetcher, UpstreamInconsistent
from mirror.fetch_release import ReleaseFetcher, VerifiedRelease
from mirror.select_members import WantedIndex, wanted_indices
from snapshot.coordinates import suite_directory
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from mirror.upstream import Upstream
    from snapshot.timestamp import Timestamp
    from storage.blobs import Blob
    from storage.catalogue import StoredRelease

_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite of a run.

    Attributes:
        verified: Its Release.
        indices: Those the policy wants and the catalogue lacks.
        images: What lists of images among them name, by path.
    """

    verified: VerifiedRelease
    indices: tuple[FetchedIndex, ...]
    images: Mapping[str, Blob] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownRun:
    """The published run that a new one is compared with.

    Attributes:
        stamp: Of the run; None when there is none.
        releases: Its Releases by suite.
        is_whole: Whether it was captured with all that is wanted now.
    """

    stamp: Timestamp | None
    releases: Mapping[str, StoredRelease]
    is_whole: bool = False

    def holds(self, suite: Suite) -> bool:
        """Whether it has this very Release with everything that is wanted of it."""
        mine = self.releases.get(suite.verified.suite)
        return mine is not None and mine.inrelease == suite.verified.digest and not suite.indices


class SuiteVerifier:
    """Verifies the suites of one archive.

    Args:
        policy: Which suites, whom to believe.
        upstreams: Where from, in order.
        stores: Where to.
    """

    def __init__(
        self, policy: ArchivePolicy, upstreams: Sequence[Upstream], stores: MirrorStores
    ) -> None:
        self._policy = policy
        self._stores = stores
        self._releases = ReleaseFetcher(
            policy,
            upstreams,
            fetcher=stores.fetcher,
            blobs=stores.blobs,
            catalogue=stores.catalogue,
            now=stores.clock(),
        )
        self._indices = IndexFetcher(
            policy.name, upstreams, fetcher=stores.fetcher, blobs=stores.blobs
        )

    def known(self, at: Timestamp | None) -> KnownRun:
        """The run to compare with: the newest, or for history the last before that stamp.

        Of a run that was removed bytes are gone: it is no use, the last kept one before it is,
        and to capture the removed one again is to capture all of it.
        """
        catalogue, name = self._stores.catalogue, self._policy.name
        if at is None:
            stamps = catalogue.run_stamps(name)
            run = catalogue.run_at(name, stamps[-1]) if stamps else None
        else:
            run = catalogue.run_at(name, at)
            if run is not None and run.removed is not None:
                run = None if at in run.stamps else catalogue.kept_around(name, at)[0]
        if run is None:
            return KnownRun(None, {})
        releases = catalogue.releases_at(name, run.timestamp)
        return KnownRun(
            run.timestamp,
            {one.suite: one for one in releases},
            is_whole=self._policy.is_covered_by(run.scope),
        )

    def verify(self, at: Timestamp | None, known: KnownRun) -> list[Suite]:
        """Every suite of the policy.

        Args:
            at: The run of a dated upstream; None for a live one.
            known: What is not asked for again.

        Raises:
            VerificationError: A suite that does not follow from a signature we believe.
            NotFound: A live mirror lacks a suite, or a dated one has none of them.
            UpstreamInconsistent: Its indices are not those of its Release.
        """
        suites = []
        absent: list[NotFound] = []
        for name in self._policy.suites:
            try:
                suites.append(self._suite(name, at, known))
            except NotFound as error:
                if at is None:
                    raise
                # Suites come and go in history; a live mirror that lacks one is broken.
                self._stores.progress.say(f"{self._policy.name} {at} has no suite {name}")
                absent.append(error)
        if not suites:
            raise absent[0]
        return suites

    def _suite(self, name: str, at: Timestamp | None, known: KnownRun) -> Suite:
        """A Release with indices that are its own, even while the upstream is changing."""
        before = known.releases.get(name)
        accepted = before.date if before is not None and at is None else None
        verified = self._releases.fetch(name, at, accepted)
        for _ in range(_RESTARTS):
            try:
                wanted = self._lacking(verified, known)
                return Suite(verified, tuple(self._indices.fetch(verified, wanted, at)))
            except UpstreamInconsistent:
                again = self._releases.fetch(name, at, accepted)
                if again.digest == verified.digest:
                    raise
                self._stores.progress.say(
                    f"{self._policy.name} {name} changed while it was read; begun again"
                )
                verified = again
        raise UpstreamInconsistent(f"{name}: changed {_RESTARTS} times while it was read")

    def _lacking(self, verified: VerifiedRelease, known: KnownRun) -> list[WantedIndex]:
        """The wanted indices that the known run does not hold for this very Release.

        What goes with indices and was at no upstream is asked for again only if more is wanted
        now than then.
        """
        wanted = wanted_indices(verified.release, verified.suite, self._policy)
        before = known.releases.get(verified.suite)
        if known.stamp is None or before is None or before.inrelease != verified.digest:
            return wanted
        stamp = known.stamp
        return [
            index
            for index in wanted
            if not (index.coordinates is None and known.is_whole)
            and not self._held(verified.suite, index, stamp)
        ]

    def _held(self, suite: str, index: WantedIndex, stamp: Timestamp) -> bool:
        return any(
            self._stores.catalogue.file_at(
                self._policy.name, stamp, f"{suite_directory(suite)}{member.path}"
            )
            is not None
            for member in index.variants
        )
