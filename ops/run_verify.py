# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify again what is published, and tell a person or a program what came of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator

from mirror.findings import VerifyReport
from mirror.progress import JsonLines
from mirror.pull import PullThrough
from mirror.verify_mirror import ArchiveVerifier
from ops.open_stores import Stores, open_stores
from ops.settings import Settings
from ops.wire_mirror import all_policies, wire_mirror
from snapshot.errors import NotFound, VerificationError


def run_verify(
    settings: Settings,
    names: tuple[str, ...],
    *,
    deep: bool,
    repair: bool,
    as_json: bool,
    tell: Callable[[str], object],
) -> None:
    """Verify archives one after the other.

    Args:
        settings: Complete settings.
        names: Archives with runs; none means all of them.
        deep: Read and hash every blob.
        repair: Put right what can be.
        as_json: Tell one JSON object per archive instead of lines.
        tell: Is told the reports.

    Raises:
        NotFound: There is no run of an archive of that name.
        VerificationError: Something is not as it should be; all is reported first.
        Busy: A sync of the archive is running.
    """
    stores = open_stores(settings)
    mirror = wire_mirror(settings, stores, JsonLines(sys.stderr, time.time))
    policies = all_policies(settings)
    by_name = {policy.name: policy for policy in policies}
    faults = 0
    for name in _archives(stores, names):
        verifier = ArchiveVerifier(
            name,
            by_name.get(name),
            mirror,
            PullThrough(mirror, policies),
            deep=deep,
            repair=repair,
        )
        report = verifier.run()
        faults += report.faults
        for line in [report_json(report)] if as_json else report_lines(report):
            tell(line)
    if faults:
        raise VerificationError(
            f"{faults} things are not as they should be",
            advice="each is named above"
            + ("" if repair else "; --repair makes links again and fetches what is lacking"),
        )


def _archives(stores: Stores, names: tuple[str, ...]) -> tuple[str, ...]:
    known = tuple(archive.name for archive in stores.catalogue.archives())
    for name in names:
        if name not in known:
            raise NotFound(
                f"no run of an archive {name}", advice=f"There are: {', '.join(known) or 'none'}."
            )
    return names or known


def report_lines(report: VerifyReport) -> Iterator[str]:
    """Say what was found in one archive.

    Args:
        report: From `mirror.verify_mirror.ArchiveVerifier.run`.

    Yields:
        A line per finding and one for all.
    """
    for finding in report.findings:
        where = report.archive if finding.run is None else f"{report.archive} {finding.run}"
        mended = " (repaired)" if finding.repaired else ""
        yield f"{where} {finding.path}: {finding.kind}: {finding.what}{mended}"
    yield from report.notes
    repaired = len(report.findings) - report.faults
    yield (
        f"{report.archive}: {report.runs:,} runs, {report.releases:,} Releases, "
        f"{report.blobs:,} blobs of {report.size / 1e6:,.1f} MB; {report.lacking:,} files known "
        f"not to be here; {report.faults:,} faults, {repaired:,} repaired"
    )


def report_json(report: VerifyReport) -> str:
    """The same as one line of JSON.

    Args:
        report: From `mirror.verify_mirror.ArchiveVerifier.run`.

    Returns:
        An object.
    """
    return json.dumps(
        {
            "archive": report.archive,
            "runs": report.runs,
            "releases": report.releases,
            "blobs": report.blobs,
            "bytes": report.size,
            "lacking": report.lacking,
            "faults": report.faults,
            "notes": report.notes,
            "findings": [
                {
                    "run": None if finding.run is None else str(finding.run),
                    "path": finding.path,
                    "kind": finding.kind,
                    "what": finding.what,
                    "repaired": finding.repaired,
                }
                for finding in report.findings
            ],
        }
    )
