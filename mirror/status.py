# SPDX-License-Identifier: GPL-3.0-or-later
"""How an archive stands: what is here, how old our look at its upstreams is, what is lacking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.lock import archive_lock, holder
from snapshot.keep_rules import kept
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from pathlib import Path

    from mirror.policy import ArchivePolicy
    from storage.catalogue import Catalogue, RunRecord
    from storage.catalogue.records import StoredRelease


@dataclass(frozen=True, slots=True)
class ArchiveStatus:
    """How an archive stands.

    Attributes:
        archive: Its name.
        runs: How many are kept.
        removed: How many keep rules let go.
        first: The oldest kept one.
        last: The newest.
        suites: The newest run's Releases.
        seen: Until when we know that the upstream had nothing newer; None before the first run.
        lag: Seconds since then: by so much we may be behind the upstream, at most. None before
            the first run, and where the policy ends in the past.
        missing: Package files that no upstream has.
        missing_size: Their bytes.
        running: Who syncs it now.
        leaving: Runs that the keep rules let go next.
    """

    archive: str
    runs: int
    removed: int
    first: Timestamp | None
    last: Timestamp | None
    suites: tuple[StoredRelease, ...]
    seen: Timestamp | None
    lag: float | None
    missing: int
    missing_size: int
    running: str | None
    leaving: int


def archive_status(
    name: str, policy: ArchivePolicy | None, catalogue: Catalogue, *, locks: Path, now: float
) -> ArchiveStatus:
    """Look at what is here; asks no upstream.

    Args:
        name: Of the archive.
        policy: Its policy; None for one that is no longer in the settings.
        catalogue: Knows its runs.
        locks: Directory of lock files.
        now: Epoch seconds.
    """
    every = catalogue.runs(name, removed=True)
    runs = [run for run in every if run.removed is None]
    last = runs[-1] if runs else None
    suites = () if last is None else catalogue.releases_at(name, last.timestamp)
    seen = None if last is None else _seen(last, suites, policy)
    past = policy is not None and policy.until is not None and policy.until.epoch <= now
    missing = catalogue.needed.missing(name)
    stamps = [run.timestamp for run in runs]
    stay = kept(stamps, policy.keep if policy else (), Timestamp(int(now)))
    return ArchiveStatus(
        archive=name,
        runs=len(runs),
        removed=len(every) - len(runs),
        first=stamps[0] if stamps else None,
        last=stamps[-1] if stamps else None,
        suites=suites,
        seen=seen,
        lag=None if seen is None or past else max(0.0, now - seen.epoch),
        missing=len(missing),
        missing_size=sum(missing.values()),
        running=holder(archive_lock(locks, name)),
        leaving=len(stamps) - len(stay),
    )


def _seen(
    last: RunRecord, suites: tuple[StoredRelease, ...], policy: ArchivePolicy | None
) -> Timestamp:
    """The suite that was looked at the longest ago counts; a run of the past ends with itself."""
    wanted = None if policy is None else set(policy.suites)
    looked = [one.observed_until for one in suites if wanted is None or one.suite in wanted]
    return max(min(looked, default=last.timestamp), *last.stamps)
