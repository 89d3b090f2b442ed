# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting targets into the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storage.ledger import Ledger
from storage.ledger.values import NewTarget, Placement


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What came of it.

    Attributes:
        target_ids: In the order given.
        created: Targets nobody knew before.
        queued: Jobs made now; a target with a place in the queue keeps that one.
    """

    target_ids: tuple[int, ...]
    created: int
    queued: int


def enqueue(
    ledger: Ledger,
    targets: Sequence[NewTarget],
    placement: Placement,
    *,
    clock: Callable[[], float],
    spread: Callable[[], int],
) -> Enqueued:
    """Write targets down and queue them; again with the same ones changes nothing.

    Args:
        ledger: The ledger.
        targets: From `select_targets`.
        placement: Priority, replicas, whether a person asked.
        clock: Seconds since 1970.
        spread: Random number below 2**31 per job: the order within a day.
    """
    report = ledger.targets.put(targets, placement, now=clock(), spread=spread)
    return Enqueued(report.ids, report.created, report.queued)
