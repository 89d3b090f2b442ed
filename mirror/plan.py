# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync would fetch: its Releases and indices are, no package file is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.choose_packages import chosen_files
from mirror.choose_runs import Selection, runs_to_capture
from mirror.lock import storing
from mirror.open_upstreams import open_upstreams
from mirror.verify_chain import plain_index
from mirror.verify_suites import Suite, SuiteVerifier
from snapshot.digest import Checksums
from snapshot.packages import BinaryStanza
from snapshot.sources import SourceStanza
from snapshot.stanza import iter_stanzas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mirror.fetch_indices import FetchedIndex
    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run that a sync would capture.

    Attributes:
        at: Stamp at the dated upstream; None for a live one.
        suites: How many suites have news.
        files: Package files to fetch, each digest once and only in its first run.
        size: Their bytes together.
        here: Package files of these indices that are stored already.
        here_size: Their bytes together.
    """

    at: Timestamp | None
    suites: int
    files: int
    size: int
    here: int
    here_size: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sync of an archive would do.

    Attributes:
        archive: Which archive.
        runs: In order of time; empty when there is nothing to do.
    """

    archive: str
    runs: tuple[PlannedRun, ...]

    @property
    def files(self) -> int:
        """Package files to fetch."""
        return sum(run.files for run in self.runs)

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(run.size for run in self.runs)

    def seconds(self, rate: float) -> float:
        """How long that takes at so many bytes a second."""
        return self.size / rate


def plan(policy: ArchivePolicy, stores: MirrorStores, selection: Selection | None = None) -> Plan:
    """Look at what is lacking. What it verified on the way is kept for the sync.

    Args:
        policy: What to mirror.
        stores: What is here; nothing is published.
        selection: For dated upstreams; default all runs.

    Raises:
        VerificationError: Something does not follow from a signature we believe.
        TransientError: An upstream did not answer for long enough.
    """
    with storing(stores.locks, f"plan of {policy.name}"):
        return Plan(policy.name, tuple(_runs(policy, stores, selection or Selection())))


def _runs(
    policy: ArchivePolicy, stores: MirrorStores, selection: Selection
) -> Iterator[PlannedRun]:
    upstreams = open_upstreams(policy)
    verifier = SuiteVerifier(policy, upstreams, stores)
    seen: set[Digest] = set()
    for at in runs_to_capture(policy, upstreams, stores, selection):
        known = verifier.known(at)
        suites = verifier.verify(at, known)
        if policy.package_set is None:
            suites = [suite for suite in suites if not known.holds(suite)]
        if not suites and at is None:
            continue
        planned = _planned(at, suites, policy, stores, seen)
        if planned.files or at is not None or not all(map(known.holds, suites)):
            yield planned
    stores.blobs.sync()


def _planned(
    at: Timestamp | None,
    suites: list[Suite],
    policy: ArchivePolicy,
    stores: MirrorStores,
    seen: set[Digest],
) -> PlannedRun:
    files = size = here = here_size = 0
    if policy.package_set is None:
        listed = (
            one for suite in suites for index in suite.indices for one in _files(index, stores)
        )
        wanted = policy.files == "all"
    else:
        chosen = chosen_files(policy, suites, stores)
        listed = (Checksums(file.size, file.digest) for file in chosen)
        wanted = True
    for checksums in listed:
        digest = checksums.sha256
        if digest is None or digest in seen:
            continue
        seen.add(digest)
        if stores.blobs.contains(digest):
            here += 1
            here_size += checksums.size
        elif wanted:
            files += 1
            size += checksums.size
    return PlannedRun(at, len(suites), files, size, here, here_size)


def _files(index: FetchedIndex, stores: MirrorStores) -> Iterator[Checksums]:
    """Every file that an index names."""
    coordinates = index.wanted.coordinates
    if coordinates is None:
        return
    with stores.blobs.open(index.blob.digest) as packed:
        plain = plain_index(index.wanted, index.member, packed, name=str(coordinates))
        for stanza in iter_stanzas(plain):
            if coordinates.architecture == "source":
                for file in SourceStanza.parse(stanza).files:
                    yield file.checksums
            else:
                yield BinaryStanza.parse(stanza).checksums
