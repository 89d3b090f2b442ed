# SPDX-License-Identifier: GPL-3.0-or-later
"""The conductor: capturing the runs of an archive that are lacking, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.capture import Capture
from mirror.capture_report import CaptureReport
from mirror.choose_runs import Selection, runs_to_capture
from mirror.fetch_missing import fetch_missing, note_missing
from mirror.keep_runs import let_go
from mirror.lay_out import place_missing_runs
from mirror.lock import archive_lock, exclusive, storing
from mirror.open_upstreams import open_upstreams

if TYPE_CHECKING:
    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from snapshot.timestamp import Timestamp


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did.

    Attributes:
        archive: Which archive.
        runs: What was captured, in order of time; empty when a dated upstream had nothing new.
        recovered: Blobs taken over from a sync that was killed.
        removed: Runs that the keep rules let go.
    """

    archive: str
    runs: tuple[CaptureReport, ...]
    recovered: int = 0
    removed: tuple[Timestamp, ...] = ()

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
        selection: Of the past; default: what the policy says.

    Raises:
        Busy: Another sync of this archive is running.
        VerificationError: Something does not follow from a signature we believe; nothing of
            that run is visible.
        TransientError: An upstream did not answer for long enough; run the same again.
        StorageFull: No room; what was stored is kept.
    """
    what = f"sync of {policy.name}"
    with (
        exclusive(archive_lock(stores.locks, policy.name), what, now=stores.clock()),
        storing(stores.locks, what),
    ):
        stores.progress.phase("recover", policy.name)
        recovered = stores.blobs.recover()
        if recovered:
            stores.progress.say(f"{recovered:,} files of an interrupted sync were taken over")
        for stamp in place_missing_runs(stores, policy.name):
            stores.progress.say(f"the tree of {policy.name} {stamp} was completed")
        upstreams = open_upstreams(policy)
        capture = Capture(policy, upstreams, stores)
        lacking = runs_to_capture(policy, upstreams, stores, selection or Selection())
        if came := fetch_missing(policy, stores):
            stores.progress.say(f"{came:,} files came that no upstream had before")
        runs = tuple(capture.run(at) for at in lacking)
        if any(run.missing for run in runs):
            note_missing(policy, stores)
        return SyncReport(policy.name, runs, recovered, let_go(policy, stores))
