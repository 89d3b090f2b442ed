# SPDX-License-Identifier: GPL-3.0-or-later
"""Scrub the blob store as the settings say, and tell a person or a program what came of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator

from mirror.progress import JsonLines
from mirror.pull import PullThrough
from mirror.scrub import Budget, Scrub, ScrubReport
from ops.open_stores import open_stores
from ops.settings import Settings
from ops.wire_mirror import all_policies, wire_mirror
from snapshot.digest import Digest
from snapshot.errors import VerificationError
from snapshot.timestamp import Timestamp


def run_scrub(
    settings: Settings, budget: Budget, *, as_json: bool, tell: Callable[[str], object]
) -> None:
    """Scrub and report.

    Args:
        settings: Complete settings.
        budget: How much, how fast.
        as_json: Tell one JSON object instead of lines.
        tell: Is told the report.

    Raises:
        VerificationError: Blobs were damaged that could not be had again; all is reported first.
        DejabuildError: As `mirror.scrub.Scrub.run`.
    """
    progress = JsonLines(sys.stderr, time.time)
    stores = open_stores(settings)
    mirror = wire_mirror(settings, stores, progress)
    policies = all_policies(settings)

    def heal(digest: Digest) -> bool:
        # A new one each time: what was absent an hour ago may be there now.
        return PullThrough(mirror, policies)(digest)

    place = stores.data.root / "scrub.json"
    report = Scrub(mirror, heal, sleep=time.sleep, place=place).run(budget)
    for line in [report_json(report)] if as_json else report_lines(report):
        tell(line)
    if report.lacking:
        raise VerificationError(
            f"{len(report.lacking)} damaged blobs are lacking: they were put aside and could not "
            "be fetched anew",
            advice="each is named above; the next scrub tries again, peers can be set in [mirror]",
        )


def report_lines(report: ScrubReport) -> Iterator[str]:
    """Say what a scrub found.

    Args:
        report: From `mirror.scrub.Scrub.run`.

    Yields:
        A line per damaged blob and one for all.
    """
    for digest, place in sorted(report.damaged.items()):
        yield f"damaged: {digest}, put aside as {place}"
    for digest in sorted(report.healed):
        yield f"healed: {digest}"
    for digest, why in sorted(report.lacking.items()):
        yield f"lacking: {digest}: {why}"
    state = "finished" if report.finished else "not finished: call it again to go on"
    yield (
        f"{report.checked:,} blobs, {report.size / 1e6:,.1f} MB read; {len(report.damaged)} "
        f"damaged, {len(report.healed)} healed, {len(report.lacking)} lacking; the pass of "
        f"{Timestamp(int(report.began))} is {state}"
    )


def report_json(report: ScrubReport) -> str:
    """The same as one line of JSON.

    Args:
        report: From `mirror.scrub.Scrub.run`.

    Returns:
        An object with `checked`, `bytes`, `damaged`, `healed`, `lacking`, `finished`, `began`.
    """
    return json.dumps(
        {
            "checked": report.checked,
            "bytes": report.size,
            "damaged": {str(digest): place for digest, place in sorted(report.damaged.items())},
            "healed": [str(digest) for digest in sorted(report.healed)],
            "lacking": {str(digest): why for digest, why in sorted(report.lacking.items())},
            "finished": report.finished,
            "began": str(Timestamp(int(report.began))),
        }
    )
