# SPDX-License-Identifier: GPL-3.0-or-later
"""Sync archives as the settings say, and tell a person what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from mirror.choose_runs import Selection
from mirror.measured_rate import MeasuredRates
from mirror.policy import ArchivePolicy
from mirror.progress import Progress
from mirror.stores import MirrorStores
from mirror.sync import SyncReport, sync
from ops.open_stores import open_stores
from ops.settings import Settings
from ops.wire_mirror import wire_mirror
from snapshot.errors import DejabuildError


def run_sync(
    settings: Settings,
    policies: Sequence[ArchivePolicy],
    selection: Selection,
    progress: Progress,
    *,
    tell: Callable[[str], object],
) -> None:
    """Sync archives one after the other; one that fails does not keep the others waiting.

    Args:
        settings: Complete settings.
        policies: What to mirror.
        selection: Which runs of the past.
        progress: Who is told while it goes on.
        tell: Is told what came of it.

    Raises:
        DejabuildError: The first failure, after every archive had its turn.
    """
    stores = open_stores(settings)
    with closing(stores.blobs):  # leaves no empty directory of this process behind
        mirror, rates = wire_mirror(settings, stores, progress), MeasuredRates(stores.data.rates)
        failures = sync_each(mirror, policies, selection, rates, tell)
        failures += keep_closures(settings, mirror, tell)
    if failures:
        raise failures[0]


def keep_closures(
    settings: Settings, stores: MirrorStores, tell: Callable[[str], object]
) -> list[DejabuildError]:
    """Bring closures up to date after a sync, where there are any.

    Args:
        settings: Complete settings.
        stores: What a sync works with.
        tell: Is told what came of each.

    Returns:
        What failed.
    """
    if not settings.closure and not stores.catalogue.closures.all():
        return []
    # A sync without closures must not wait for the modules.
    from ops.run_closures import keep_configured  # noqa: PLC0415
    from rebuilders.machine_architecture import dpkg_architecture  # noqa: PLC0415

    return keep_configured(settings, stores, dpkg_architecture(), tell)


def sync_each(
    stores: MirrorStores,
    policies: Sequence[ArchivePolicy],
    selection: Selection,
    rates: MeasuredRates,
    tell: Callable[[str], object],
) -> list[DejabuildError]:
    """Sync each archive.

    Args:
        stores: What a sync works with.
        policies: What to mirror.
        selection: Which runs of the past.
        rates: Take note of how fast each came.
        tell: Is told what came of each.

    Returns:
        What failed.
    """
    failures: list[DejabuildError] = []
    for policy in policies:
        try:
            report = sync(policy, stores, selection)
        except DejabuildError as problem:
            failures.append(problem)
            tell(f"{policy.name}: {problem}")
        else:
            seconds = sum(run.seconds for run in report.runs)
            rates.note(policy.name, sum(run.received for run in report.runs), seconds)
            for line in report_lines(report):
                tell(line)
    return failures


def report_lines(report: SyncReport) -> Iterator[str]:
    """Say what a sync did.

    Args:
        report: From `mirror.sync.sync`.

    Yields:
        One line per run.
    """
    if report.removed:
        yield (
            f"{report.archive}: {len(report.removed)} runs removed by its keep rules, "
            f"{report.removed[0]} to {report.removed[-1]}; `dejabuild storage gc` frees their bytes"
        )
    if not report.runs:
        yield f"{report.archive}: nothing new"
    for run in report.runs:
        if run.unchanged:
            yield f"{report.archive}: still run {run.stamp}"
            continue
        yield (
            f"{report.archive}: run {run.stamp}: {run.parsed} new entries, {run.written} rows, "
            f"{run.files} files, {run.received / 1e6:.1f} MB received"
        )
        if run.missing:
            yield f"{report.archive}: run {run.stamp}: {run.missing} files are at no upstream"
