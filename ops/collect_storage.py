# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply keep rules and free the bytes that nothing needs; or only say what that would free."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mirror.collect import Collection, CollectStores, collect
from mirror.keep_runs import drop_removed_trees, keep_runs, removable_runs
from mirror.lock import archive_lock, exclusive
from mirror.policy import ArchivePolicy
from mirror.progress import Silent
from mirror.stores import MirrorStores
from ops.open_stores import Stores, open_stores
from ops.settings import Settings
from ops.wire_mirror import all_policies, wire_mirror
from snapshot.timestamp import Timestamp

MOST: Final = 0.4
"""Share of all blobs, or of their bytes, beyond which a collection takes nothing."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection did, or would do.

    Attributes:
        runs: Runs that keep rules let go, by archive.
        found: What became of the blobs.
    """

    runs: Mapping[str, tuple[Timestamp, ...]]
    found: Collection


def collect_storage(
    settings: Settings, *, grace: float | None, most: float, delete: bool
) -> Collected:
    """Collect in the stores that the settings name.

    Args:
        settings: Complete settings.
        grace: Days for which stored bytes stay; default: `mirror.gc_grace`.
        most: Share beyond which nothing is taken.
        delete: False only looks.

    Returns:
        What was done or found.

    Raises:
        Busy: A sync or another collection is running.
        InvalidInput: More would go than is allowed.
    """
    stores = open_stores(settings)
    policies = all_policies(settings)
    days = settings.mirror.gc_grace if grace is None else grace
    return collect_unneeded(
        stores,
        wire_mirror(settings, stores, Silent()),
        policies,
        grace=days * 86400,
        most=most,
        delete=delete,
    )


def collect_unneeded(
    stores: Stores,
    mirror: MirrorStores,
    policies: Sequence[ArchivePolicy],
    *,
    grace: float,
    most: float,
    delete: bool,
) -> Collected:
    """The same with stores that are open.

    Args:
        stores: What lasts.
        mirror: The same for the mirror.
        policies: Whose keep rules are applied.
        grace: Seconds.
        most: Share beyond which nothing is taken.
        delete: False only looks.

    Returns:
        What was done or found.
    """
    apply = keep_runs if delete else removable_runs
    runs = {policy.name: apply(policy, mirror) for policy in policies}
    if delete:
        _drop_trees(mirror)
    found = collect(
        CollectStores(
            catalogue=stores.catalogue,
            ledger=stores.ledger,
            blobs=stores.blobs,
            layout=mirror.layout,
            locks=mirror.locks,
            clock=mirror.clock,
        ),
        grace=grace,
        most=most,
        delete=delete,
        leaving=runs,
    )
    return Collected({name: gone for name, gone in runs.items() if gone}, found)


def _drop_trees(mirror: MirrorStores) -> None:
    """Also of archives that are no longer in the settings: their blobs are about to go."""
    for archive in mirror.catalogue.archives():
        lock = archive_lock(mirror.locks, archive.name)
        with exclusive(lock, f"removing trees of {archive.name}", now=mirror.clock()):
            drop_removed_trees(mirror, archive.name)


def collected_lines(done: Collected) -> Iterator[str]:
    """Say what was collected, or would be.

    Args:
        done: From `collect_storage`.

    Yields:
        A line per archive with runs to go, per reason, and one for all.
    """
    found, would = done.found, "" if done.found.deleted else "would be "
    for name, runs in done.runs.items():
        yield f"{name}: {len(runs)} runs {would}removed by its keep rules, {runs[0]} to {runs[-1]}"
    for amount, what in (
        (found.packages, "package files that no kept run has"),
        (found.others, "other files: indices of removed runs, evicted environments, leftovers"),
        (found.unfinished, "interrupted downloads and uploads that nobody went on with"),
        (found.young, "files that nothing needs stay: stored within the grace period"),
    ):
        if amount.count:
            yield f"{amount.count:,} files, {amount.size / 1e6:,.1f} MB: {what}"
    yield (
        f"{found.files:,} of {found.stored.count:,} files, {found.size / 1e6:,.1f} of "
        f"{found.stored.size / 1e6:,.1f} MB {would}deleted"
    )
    if not found.deleted and (found.files or done.runs or found.unfinished.count):
        yield "nothing was changed; --yes does it"


def collected_json(done: Collected) -> str:
    """The same as one line of JSON.

    Args:
        done: From `collect_storage`.

    Returns:
        An object with `deleted`, `runs`, and `{files, bytes}` for each reason.
    """
    found = done.found
    amounts = {
        name: {"files": amount.count, "bytes": amount.size}
        for name, amount in (
            ("stored", found.stored),
            ("packages", found.packages),
            ("others", found.others),
            ("unfinished", found.unfinished),
            ("young", found.young),
        )
    }
    runs = {name: [str(stamp) for stamp in gone] for name, gone in done.runs.items()}
    return json.dumps({"deleted": found.deleted, "runs": runs, **amounts})


def tell_collected(done: Collected, *, as_json: bool, tell: Callable[[str], object]) -> None:
    """Tell a person or a program.

    Args:
        done: From `collect_storage`.
        as_json: One JSON object instead of lines.
        tell: Is told.
    """
    for line in [collected_json(done)] if as_json else collected_lines(done):
        tell(line)
