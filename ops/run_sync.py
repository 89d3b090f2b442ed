# SPDX-License-Identifier: GPL-3.0-or-later
"""Sync archives as the settings say, and tell a person what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from mirror.choose_runs import Selection
from mirror.plan import Plan, plan
from mirror.policy import ArchivePolicy
from mirror.progress import Progress
from mirror.stores import MirrorStores
from mirror.sync import SyncReport, sync
from ops.open_stores import Stores, open_stores
from ops.settings import Settings
from ops.show_progress import shown_progress
from ops.wire_mirror import chosen_policies, wire_mirror
from snapshot.errors import DejabuildError
from snapshot.timestamp import Timestamp


def run_sync(
    settings: Settings,
    policies: Sequence[ArchivePolicy],
    progress: Progress,
    *,
    first: str | None,
    last: str | None,
    tell: Callable[[str], object],
) -> None:
    """Sync archives one after the other; one that fails does not keep the others waiting.

    Args:
        settings: Complete settings.
        policies: What to mirror.
        progress: Who is told while it goes on.
        first: Timestamp before which runs are left out, of dated upstreams.
        last: Timestamp after which they are.
        tell: Is told what came of it.

    Raises:
        DejabuildError: The first failure, after every archive had its turn.
    """
    selection = Selection(
        None if first is None else Timestamp.parse(first),
        None if last is None else Timestamp.parse(last),
    )
    opened = open_stores(settings)
    with closing(opened.blobs):  # leaves no empty directory of this process behind
        stores = wire_mirror(settings, opened, progress)
        failures = sync_each(stores, policies, selection, tell)
        failures += keep_closures(settings, stores, tell)
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
    tell: Callable[[str], object],
) -> list[DejabuildError]:
    """Sync each archive.

    Args:
        stores: What a sync works with.
        policies: What to mirror.
        selection: Which runs of dated upstreams.
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


def plan_lines(found: Plan, *, rate: float) -> Iterator[str]:
    """Say what a sync would do.

    Args:
        found: From `mirror.plan.plan`.
        rate: Bytes a second to reckon with.

    Yields:
        One line per run and one for all.
    """
    if not found.runs:
        yield f"{found.archive}: nothing to do"
        return
    for run in found.runs:
        when = "now" if run.at is None else str(run.at)
        yield (
            f"{found.archive}: run {when}: {run.suites} suites with news, {run.files} files, "
            f"{run.size / 1e6:.1f} MB to fetch, {run.here} files here already"
        )
    yield (
        f"{found.archive}: {found.files} files, {found.size / 1e6:.1f} MB in all, "
        f"{found.seconds(rate):.0f} s at {rate / 1e6:.0f} MB/s"
    )


def show_plans(
    settings: Settings,
    policies: Sequence[ArchivePolicy],
    progress: Progress,
    *,
    rate: float,
    tell: Callable[[str], object],
) -> None:
    """Say what a sync of each archive would do; no package file is fetched.

    Args:
        settings: Complete settings.
        policies: What would be mirrored.
        progress: Who is told about fetched indices.
        rate: Bytes a second to reckon with.
        tell: Is told the plans.
    """
    stores = wire_mirror(settings, open_stores(settings), progress)
    for policy in policies:
        for line in plan_lines(plan(policy, stores), rate=rate):
            tell(line)


def keep_watching(
    settings: Settings, *, clock: Callable[[], float], sleep: Callable[[float], object]
) -> None:
    """Sync all archives now and again; does not return.

    Args:
        settings: Complete settings.
        clock: Epoch seconds.
        sleep: Waits so many seconds.
    """
    policies = chosen_policies(settings, ())
    with shown_progress(clock) as progress:
        stores = wire_mirror(settings, open_stores(settings), progress)
        while True:
            sync_each(stores, policies, Selection(), progress.say)
            keep_closures(settings, stores, progress.say)
            sleep(settings.mirror.interval)


def status_lines(settings: Settings, stores: Stores) -> Iterator[str]:
    """Say what is mirrored.

    Args:
        settings: Complete settings.
        stores: The opened stores.

    Yields:
        A line per archive and per suite of its newest run.
    """
    catalogue = stores.catalogue
    recorded = {archive.name: archive for archive in catalogue.archives()}
    for name in [*settings.archive, *(one for one in recorded if one not in settings.archive)]:
        archive = recorded.get(name)
        if archive is None:
            yield f"{name}: no run yet"
            continue
        yield f"{name}: {archive.runs} runs, {archive.first} to {archive.last}"
        for release in catalogue.releases_at(name, archive.last):
            yield f"  {release.suite}: of {release.date}, observed until {release.observed_until}"
