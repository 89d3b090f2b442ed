# SPDX-License-Identifier: GPL-3.0-or-later
"""Attempts as table rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from snapshot.verdict import Reason, Status
from storage.ledger import Ledger
from storage.ledger.records import Build


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One row; `seconds` is how long it took, `worker` the name of who did it."""

    id: int
    distribution: str
    source: str
    version: str
    architecture: str
    status: Status
    reason: Reason | None
    reported_only: bool
    seconds: float | None
    worker: str | None
    built_at: float


def attempt_rows(ledger: Ledger, builds: Iterable[Build]) -> list[AttemptRow]:
    """Rows in the order given."""
    names: dict[int | None, str | None] = {None: None}
    rows = []
    for build in builds:
        if build.worker_id is not None and build.worker_id not in names:
            worker = ledger.workers.get(build.worker_id)
            names[build.worker_id] = worker.name if worker else None
        rows.append(
            AttemptRow(
                id=build.id,
                distribution=build.distribution,
                source=build.name,
                version=build.version,
                architecture=build.architecture,
                status=build.verdict.status,
                reason=build.verdict.reason,
                reported_only=build.verdict.reported,
                seconds=seconds_of(build),
                worker=names[build.worker_id],
                built_at=build.built_at,
            )
        )
    return rows


def seconds_of(build: Build) -> float | None:
    """How long an attempt took; None when nobody saw it start.

    A worker's clock may be ahead of ours or behind: less than nothing counts as unknown.
    """
    if build.started_at is None or build.built_at < build.started_at:
        return None
    return build.built_at - build.started_at
