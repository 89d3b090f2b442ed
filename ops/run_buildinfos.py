# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring build records as the settings say, and tell a person what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mirror.gather_records import RecordSource, RecordsReport, gather_records
from mirror.progress import Progress
from ops.open_stores import open_stores
from ops.settings import Settings
from ops.wire_mirror import wire_mirror
from snapshot.errors import ConfigurationError, DejabuildError


def chosen_sources(settings: Settings, names: tuple[str, ...]) -> list[RecordSource]:
    """Give the sources that were named, or all.

    Args:
        settings: Complete settings.
        names: Names of sources; none means all.

    Returns:
        In the order of the settings.

    Raises:
        ConfigurationError: There is no such source, or none at all, or its address is none.
    """
    where = settings.source or "no settings"
    if not settings.buildinfos:
        raise ConfigurationError(
            f"{where}: buildinfos: none is set",
            advice="Add a table [buildinfos.<name>] with a url; see docs/reference/settings.md.",
        )
    for name in names:
        if name not in settings.buildinfos:
            raise ConfigurationError(
                f"{where}: buildinfos.{name}: there is no such source",
                advice=f"Known: {', '.join(settings.buildinfos)}.",
            )
    for name, one in settings.buildinfos.items():
        if not one.url.startswith(("http://", "https://", "file:///")):
            raise ConfigurationError(
                f"{where}: buildinfos.{name}.url: not an http, https or file address: {one.url!r}"
            )
    return [
        RecordSource(name, one.url, one.include)
        for name, one in settings.buildinfos.items()
        if not names or name in names
    ]


def run_buildinfos(
    settings: Settings,
    sources: Sequence[RecordSource],
    progress: Progress,
    *,
    tell: Callable[[str], object],
) -> None:
    """Bring records from one source after the other; one that fails does not stop the others.

    Args:
        settings: Complete settings.
        sources: Where from.
        progress: Who is told while it goes on.
        tell: Is told what came of it.

    Raises:
        DejabuildError: The first failure, after every source had its turn.
    """
    stores = wire_mirror(settings, open_stores(settings), progress)
    failures: list[DejabuildError] = []
    for source in sources:
        try:
            report = gather_records(source, stores)
        except DejabuildError as problem:
            failures.append(problem)
            tell(f"{source.name}: {problem}")
        else:
            for line in report_lines(report):
                tell(line)
    if failures:
        raise failures[0]


def report_lines(report: RecordsReport) -> Iterator[str]:
    """Say what a source brought.

    Args:
        report: From `mirror.gather_records`.

    Yields:
        One line for all, one for each record that was refused.
    """
    yield (
        f"{report.name}: {report.added} new build records, {report.known} were here, "
        f"{len(report.bad)} refused"
    )
    for address, reason in report.bad:
        yield f"{report.name}: {address}: {reason}"
