# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying an archive's keep rules: runs that no rule keeps are removed.

The catalogue is told first, so that from one moment on the API answers 410; then the run's tree
disappears by the removal of one link. What was observed stays, and so do bytes until they are
collected (`mirror.collect`): other runs share most of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirror.lock import archive_lock, exclusive
from snapshot.keep_rules import kept
from snapshot.timestamp import Timestamp
from storage.prune_layout import keep_releases, placed_stamps, remove_run

if TYPE_CHECKING:
    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores


def removable_runs(policy: ArchivePolicy, stores: MirrorStores) -> tuple[Timestamp, ...]:
    """The runs that the policy keeps no longer, the oldest first."""
    stamps = stores.catalogue.run_stamps(policy.name)
    stay = kept(stamps, policy.keep, Timestamp(int(stores.clock())))
    return tuple(stamp for stamp in stamps if stamp not in stay)


def keep_runs(policy: ArchivePolicy, stores: MirrorStores) -> tuple[Timestamp, ...]:
    """Remove the runs that the policy keeps no longer; returns them.

    Raises:
        Busy: A sync of the archive is running.
    """
    what = f"keeping runs of {policy.name}"
    with exclusive(archive_lock(stores.locks, policy.name), what, now=stores.clock()):
        return let_go(policy, stores)


def let_go(policy: ArchivePolicy, stores: MirrorStores) -> tuple[Timestamp, ...]:
    """The same, for whoever holds the archive's lock."""
    if not policy.keep:
        return ()
    gone = removable_runs(policy, stores)
    if gone:
        stores.catalogue.remove_runs(policy.name, gone, now=Timestamp(int(stores.clock())))
    drop_removed_trees(stores, policy.name)
    return gone


def drop_removed_trees(stores: MirrorStores, archive: str) -> None:
    """Take the trees of removed runs away, also those that a killed program left.

    Call it under the archive's lock.
    """
    if stores.layout is None:
        return
    root = stores.layout.root
    placed = placed_stamps(root, archive)
    for run in stores.catalogue.runs(archive, removed=True):
        # Most were removed long ago: years of history must not make each sync slower.
        if run.removed is not None and not placed.isdisjoint(map(str, run.stamps)):
            remove_run(root, archive, run.timestamp, run.aliases)
    keep_releases(root, archive, stores.catalogue.needed.releases(archive))
