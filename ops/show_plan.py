# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what a sync would fetch, and how long that takes at the rate of the last syncs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from mirror.choose_runs import Selection
from mirror.measured_rate import MeasuredRates
from mirror.plan import Plan, plan
from mirror.policy import ArchivePolicy
from mirror.progress import Progress
from ops.open_stores import open_stores
from ops.settings import Settings
from ops.wire_mirror import wire_mirror

GUESS: Final = 10e6
"""Bytes a second to reckon with before anything was measured."""


def show_plans(
    settings: Settings,
    policies: Sequence[ArchivePolicy],
    selection: Selection,
    progress: Progress,
    *,
    rate: float | None,
    as_json: bool,
    tell: Callable[[str], object],
) -> None:
    """Say what a sync of each archive would do; no package file is fetched.

    Args:
        settings: Complete settings.
        policies: What would be mirrored.
        selection: Which runs of the past.
        progress: Who is told about fetched indices.
        rate: Bytes a second to reckon with; default: as measured.
        as_json: One JSON object an archive instead of lines.
        tell: Is told the plans.
    """
    stores = open_stores(settings)
    rates = MeasuredRates(stores.data.rates)
    mirror = wire_mirror(settings, stores, progress)
    for policy in policies:
        found = plan(policy, mirror, selection)
        measured = rates.rate(policy.name)
        if as_json:
            tell(plan_json(found, rate=rate or measured or GUESS))
            continue
        known = "" if rate or measured else " (a guess: nothing was measured yet)"
        for line in plan_lines(found, rate=rate or measured or GUESS, known=known):
            tell(line)


def plan_lines(found: Plan, *, rate: float, known: str = "") -> Iterator[str]:
    """Say what a sync would do.

    Args:
        found: From `mirror.plan.plan`.
        rate: Bytes a second to reckon with.
        known: Where that comes from, if it must be said.

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
            f"{run.size / 1e6:.1f} MB to fetch, {run.here} files ({run.here_size / 1e6:.1f} MB) "
            "here already"
        )
    yield (
        f"{found.archive}: {found.files} files, {found.size / 1e6:.1f} MB in all, "
        f"{found.seconds(rate):.0f} s at {rate / 1e6:.1f} MB/s{known}"
    )


def plan_json(found: Plan, *, rate: float) -> str:
    """The same as one line of JSON.

    Args:
        found: From `mirror.plan.plan`.
        rate: Bytes a second to reckon with.

    Returns:
        An object with `archive`, `files`, `bytes`, `bytes_per_second`, `seconds` and `runs`.
    """
    return json.dumps(
        {
            "archive": found.archive,
            "files": found.files,
            "bytes": found.size,
            "bytes_per_second": round(rate),
            "seconds": round(found.seconds(rate), 1),
            "runs": [
                {
                    "run": None if run.at is None else str(run.at),
                    "suites": run.suites,
                    "files": run.files,
                    "bytes": run.size,
                    "here": run.here,
                    "here_bytes": run.here_size,
                }
                for run in found.runs
            ],
        }
    )
