# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a foreign package report: rebuilderd's `POST /api/v1/packages`.

A report lists *everything* of one (distribution, release, architecture). What it no longer
lists is unseen from then on, and its jobs leave the queue unless a person asked for them
(rebuilderd drops those too) or they run already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from posixpath import basename
from urllib.parse import unquote, urlsplit

from snapshot.errors import InvalidInput
from snapshot.wire import PackageReport, ReportedBinary, ReportedSource
from storage.ledger import Ledger
from storage.ledger.values import NewArtifact, NewTarget, Placement


@dataclass(frozen=True, slots=True)
class Imported:
    """What a report changed.

    Attributes:
        targets: Distinct targets it lists.
        created: Of these, unknown before.
        queued: Jobs made.
        dropped: Jobs of what it no longer lists.
    """

    targets: int
    created: int
    queued: int
    dropped: int


def import_packages(
    ledger: Ledger,
    report: PackageReport,
    *,
    clock: Callable[[], float],
    spread: Callable[[], int],
    initial_delay: float = 0.0,
) -> Imported:
    """Take a report; the same one again changes nothing but when things were last seen.

    Args:
        ledger: The ledger.
        report: Everything in its scope.
        clock: Seconds since 1970.
        spread: Random number below 2**31 per job.
        initial_delay: Seconds to wait before something new is built, so that build records
            have time to appear.
    """
    began = clock()
    targets = [_target(report, package) for package in report.packages]
    placement = Placement(not_before=began + initial_delay if initial_delay > 0 else None)
    put = ledger.targets.put(targets, placement, now=began, spread=spread)
    dropped = ledger.targets.unsee(
        report.distribution,
        report.release or "",
        report.architecture,
        before=began,
        now=clock(),
    )
    return Imported(len(set(put.ids)), put.created, put.queued, dropped)


def _target(report: PackageReport, package: ReportedSource) -> NewTarget:
    return NewTarget(
        kind="buildinfo",
        distribution=report.distribution,
        source=package.name,
        version=package.version,
        architecture=report.architecture,
        input_name=file_name(package.url),
        input_url=package.url,
        artifacts=tuple(_artifact(binary) for binary in package.artifacts),
        build="all" if report.architecture == "all" else "any",
        release=report.release or "",
    )


def _artifact(binary: ReportedBinary) -> NewArtifact:
    return NewArtifact(
        file_name=file_name(binary.url),
        name=binary.name,
        version=binary.version,
        architecture=binary.architecture,
        url=binary.url,
        component=binary.component or "",
    )


def file_name(url: str) -> str:
    """The last segment of a URL: what a worker calls the file.

    Raises:
        InvalidInput: A URL that ends in no name.
    """
    try:
        name = unquote(basename(urlsplit(url).path))
    except ValueError as error:
        raise InvalidInput(f"not a URL: {url[:120]!r} ({error})") from error
    if not name or name in {".", ".."} or "/" in name or "\0" in name:
        raise InvalidInput(f"the URL names no file: {url[:120]!r}")
    return name
