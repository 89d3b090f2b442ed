# SPDX-License-Identifier: GPL-3.0-or-later
"""Completing a package set in a run that has not changed: the set may have.

What was completed last is noted in a small file, so that a sync with nothing new reads no index.
Losing the note costs one look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirror.choose_packages import chosen_files
from mirror.gather_files import Gathering, gather_files
from mirror.lay_out import link_pool
from snapshot.digest import Digest
from storage.blobs.disk_errors import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from mirror.upstream import Upstream
    from mirror.verify_suites import Suite
    from snapshot.timestamp import Timestamp


def complete_package_set(
    policy: ArchivePolicy,
    suites: Iterable[Suite],
    upstreams: Sequence[Upstream],
    stores: MirrorStores,
    stamp: Timestamp,
) -> Gathering:
    """Fetch what the newest run's package set lacks, unless that was done for this very set.

    Raises:
        TransientError: Files did not come, for reasons that pass; those that came are kept.
        CorruptUpstream: Files came that contradict the index.
        StorageFull: No room; those that came are kept.
    """
    if policy.package_set is None or _noted(policy, stores) == _note(policy, stamp):
        return Gathering()
    files = chosen_files(policy, suites, stores)
    stores.progress.phase("fetch", f"{policy.name} {stamp}")
    try:
        gathered = gather_files(files, policy, upstreams, stores, None)
    finally:
        link_pool(stores, policy.name, [(file.path, file.digest) for file in files])
    if stores.layout is not None:
        stores.layout.sync()
    note_complete(policy, stores, stamp)
    return gathered


def note_complete(policy: ArchivePolicy, stores: MirrorStores, stamp: Timestamp) -> None:
    """Remember that a run has the policy's package set."""
    if policy.package_set is not None:
        with disk_errors(stores.locks, "noting a package set"):
            stores.locks.mkdir(parents=True, exist_ok=True)
            _place(policy, stores).write_text(_note(policy, stamp), encoding="ascii")


def _place(policy: ArchivePolicy, stores: MirrorStores) -> Path:
    return stores.locks / f"packages-{policy.name}.done"


def _noted(policy: ArchivePolicy, stores: MirrorStores) -> str:
    try:
        return _place(policy, stores).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def _note(policy: ArchivePolicy, stamp: Timestamp) -> str:
    words = repr((policy.package_set, policy.suites, policy.components, policy.architectures))
    return f"{stamp} {Digest.of(words.encode())}\n"
