# SPDX-License-Identifier: GPL-3.0-or-later
"""The conductor: which runs of an archive are lacking, and capturing them one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.capture import Capture, CaptureReport
from mirror.lay_out import place_missing_runs
from mirror.lock import exclusive
from mirror.open_upstreams import open_upstreams
from snapshot.errors import ConfigurationError, DejabuildError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from mirror.upstream import Upstream
    from snapshot.timestamp import Timestamp

#: A list of every run of Debian since 2005 has less than one megabyte.
_MOST_RUNS = 16 << 20


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs of a dated upstream.

    Attributes:
        first: Not before this stamp.
        last: Not after it.
    """

    first: Timestamp | None = None
    last: Timestamp | None = None

    def holds(self, stamp: Timestamp) -> bool:
        """Whether a stamp is selected."""
        return (self.first is None or stamp >= self.first) and (
            self.last is None or stamp <= self.last
        )


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did.

    Attributes:
        archive: Which archive.
        runs: What was captured, in order of time; empty when a dated upstream had nothing new.
        recovered: Blobs taken over from a sync that was killed.
    """

    archive: str
    runs: tuple[CaptureReport, ...]
    recovered: int = 0

    @property
    def missing(self) -> int:
        """Files that no upstream has."""
        return sum(run.missing for run in self.runs)


def sync(
    policy: ArchivePolicy, stores: MirrorStores, selection: Selection | None = None
) -> SyncReport:
    """Bring an archive up to date. Killed at any instant, the same call again finishes it.

    Args:
        policy: What to mirror, from where.
        stores: Where to.
        selection: For dated upstreams; default all runs.

    Raises:
        Busy: Another sync of this archive is running.
        VerificationError: Something does not follow from a signature we believe; nothing of
            that run is visible.
        TransientError: An upstream did not answer for long enough; run the same again.
        StorageFull: No room; what was stored is kept.
    """
    lock = stores.locks / f"mirror-{policy.name}.lock"
    with exclusive(lock, f"sync of {policy.name}", now=stores.clock()):
        stores.progress.phase("recover", policy.name)
        recovered = stores.blobs.recover()
        if recovered:
            stores.progress.say(f"{recovered:,} files of an interrupted sync were taken over")
        for stamp in place_missing_runs(stores, policy.name):
            stores.progress.say(f"the tree of {policy.name} {stamp} was completed")
        upstreams = open_upstreams(policy)
        capture = Capture(policy, upstreams, stores)
        lacking = runs_to_capture(policy, upstreams, stores, selection or Selection())
        return SyncReport(policy.name, tuple(capture.run(at) for at in lacking), recovered)


def runs_to_capture(
    policy: ArchivePolicy,
    upstreams: Sequence[Upstream],
    stores: MirrorStores,
    selection: Selection,
) -> Sequence[Timestamp | None]:
    """What a sync captures: now (None), where there is a live upstream; else runs of the past.

    A selection asks for the past, too. Runs are those of the first dated upstream that
    answers, as far as the catalogue lacks them.

    Raises:
        ConfigurationError: The past is asked for, and no upstream has one.
        DejabuildError: No upstream has a list of runs.
    """
    dated = [upstream for upstream in upstreams if upstream.dated]
    if len(dated) < len(upstreams) and selection == Selection():
        return [None]
    if not dated:
        raise ConfigurationError(
            f"{policy.name}: a live mirror has no past to choose from",
            advice='set kind = "dated" and the address of a dated service',
        )

    def read(url: str) -> bytes:
        document = stores.fetcher.document([url], limit=_MOST_RUNS)
        assert document is not None  # noqa: S101  only a conditional request brings nothing
        return document.data

    failures: list[DejabuildError] = []
    for upstream in dated:
        try:
            runs = upstream.list_runs(read, selection.first, selection.last)
        except DejabuildError as error:
            failures.append(error)
            continue
        here = {
            stamp
            for run in stores.catalogue.runs(policy.name)
            for stamp in (run.timestamp, *run.aliases)
        }
        return [stamp for stamp in runs if selection.holds(stamp) and stamp not in here]
    raise failures[0]
