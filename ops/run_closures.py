# SPDX-License-Identifier: GPL-3.0-or-later
"""Closures as an operator asks for them: added to, made whole, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from mirror.fetch_closure import (
    fetch_closure,
    is_settled,
    keep_closure,
    read_definition,
    read_manifest,
)
from mirror.policy import ArchivePolicy
from mirror.progress import Progress
from mirror.resolve_closure import resolve_closure
from mirror.stores import MirrorStores
from ops.closure_wishes import Wishes, define
from ops.open_stores import open_stores
from ops.settings import ClosureSettings, Settings
from ops.tell_closures import gap_lines, report_lines, summary_lines
from ops.wire_mirror import all_policies, wire_mirror
from snapshot.closure import Definition
from snapshot.errors import DejabuildError, NotFound, PermanentError
from storage.blobs import describe


def open_mirror(settings: Settings, progress: Progress) -> tuple[MirrorStores, list[ArchivePolicy]]:
    """Open what a closure is fetched with; there may be no archive to fetch from.

    Args:
        settings: Complete settings.
        progress: Who is told.

    Returns:
        The mirror's stores, and where each archive comes from.
    """
    stores = wire_mirror(settings, open_stores(settings), progress)
    return stores, all_policies(settings)


def add(
    stores: MirrorStores,
    policies: Sequence[ArchivePolicy],
    name: str,
    wishes: Wishes,
    *,
    fetch: bool,
) -> Iterator[str]:
    """Add to a closure, and say what it is then.

    Args:
        stores: Where to.
        policies: Where each archive comes from.
        name: Of the closure; made when it is new.
        wishes: What to add.
        fetch: Whether to fetch what it lacks, too.

    Yields:
        Lines for people.
    """
    definition = define(wishes, stores)
    if not fetch:
        resolved = keep_closure(stores, name, definition, adding=True)
        yield from summary_lines(name, resolved, stores)
        return
    report = fetch_closure(stores, policies, name, definition, adding=True)
    yield from report_lines(report, stores)


def complete(
    stores: MirrorStores,
    policies: Sequence[ArchivePolicy],
    names: Iterable[str],
    tell: Callable[[str], object],
) -> list[DejabuildError]:
    """Make closures whole, one after the other; one that fails does not keep the others waiting.

    Args:
        stores: Where to.
        policies: Where each archive comes from.
        names: Which.
        tell: Is told what came of each.

    Returns:
        What failed.
    """
    failures = []
    for name in names:
        try:
            for line in report_lines(fetch_closure(stores, policies, name), stores):
                tell(line)
        except DejabuildError as problem:
            failures.append(problem)
            tell(f"closure {name}: {problem}")
    return failures


def keep_configured(
    settings: Settings,
    stores: MirrorStores,
    architecture: str,
    tell: Callable[[str], object],
) -> list[DejabuildError]:
    """Bring every closure of the settings and of the catalogue up to date, after a sync.

    Args:
        settings: With `[closure.<name>]` tables; what they name is read again each time.
        stores: Where to.
        architecture: What a package without an architecture means.
        tell: Is told what came of each.

    Returns:
        What failed.
    """
    policies = all_policies(settings)
    failures: list[DejabuildError] = []
    for name, closure in settings.closure.items():
        try:
            definition = define(_wishes(closure, architecture), stores)
            if not _holds(stores, name, definition):
                keep_closure(stores, name, definition)
        except DejabuildError as problem:
            failures.append(problem)
            tell(f"closure {name}: {problem}")
    known = [
        one.name for one in stores.catalogue.closures.all() if not is_settled(stores, one.name)
    ]
    return failures + complete(stores, policies, known, tell)


def _holds(stores: MirrorStores, name: str, definition: Definition) -> bool:
    """Whether that is what a closure holds; one whose text is lost holds nothing any more."""
    try:
        return read_definition(stores, name) == definition
    except PermanentError:
        return False


def _wishes(closure: ClosureSettings, architecture: str) -> Wishes:
    return Wishes(
        closure.records, closure.dpkg_lists, closure.packages, architecture, closure.sources
    )


def check(stores: MirrorStores, name: str) -> Iterator[str]:
    """Read every file of a closure again and compare; say what is wrong.

    Args:
        stores: Where it is.
        name: Which.

    Yields:
        A line per problem, and one in the end.

    Raises:
        NotFound: Something is missing; after everything was said.
    """
    problems = 0
    manifest = read_manifest(stores, name)
    for file in sorted(manifest.files, key=lambda one: (one.archive, one.path)):
        try:
            describe(stores.blobs, file.digest)
        except DejabuildError as problem:
            problems += 1
            yield f"{file.archive} {file.path}: {problem.message}"
    resolved = resolve_closure(read_definition(stores, name), stores.catalogue, stores.blobs)
    for line in gap_lines(resolved.gaps):
        problems += 1
        yield line
    if problems:
        raise NotFound(
            f"closure {name}: {problems} problems",
            advice=f"`dejabuild closure fetch {name}` gets what an upstream has.",
        )
    yield f"closure {name}: {len(manifest.files)} files, {manifest.size / 1e6:.1f} MB, all well"
