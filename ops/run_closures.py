# SPDX-License-Identifier: GPL-3.0-or-later
"""Closures as an operator asks for them: what is named becomes a definition, then files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirror.fetch_closure import (
    ClosureReport,
    add_to_closure,
    fetch_closure,
    keep_closure,
    read_definition,
    read_manifest,
)
from mirror.package_closure import package_definition
from mirror.policy import ArchivePolicy
from mirror.progress import Progress
from mirror.resolve_closure import Gap, ResolvedClosure, resolve_closure
from mirror.stores import MirrorStores
from ops.open_stores import open_stores
from ops.read_record_file import read_record_file
from ops.settings import ClosureSettings, Settings
from ops.wire_mirror import archive_policy, wire_mirror
from snapshot.closure import Definition, NamedRecord
from snapshot.errors import DejabuildError, InvalidInput, NotFound
from snapshot.installed_list import read_installed_list
from snapshot.record import read_record
from storage.blobs import describe
from storage.keep_record import keep_record

MOST_LIST: int = 64 << 20
"""Largest package list that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a closure is to hold, as a person says it.

    Attributes:
        records: Files, directories (all `*.buildinfo` below), globs, or `-` for standard input.
        dpkg_lists: Files in the formats of `snapshot.installed_list`, or `-`.
        packages: `name` or `name=version`.
        architecture: What a package without an architecture means, besides `all`.
        sources: Whether the sources of what records built are wanted.
    """

    records: tuple[str, ...] = ()
    dpkg_lists: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    architecture: str = "amd64"
    sources: bool = True


def open_mirror(settings: Settings, progress: Progress) -> tuple[MirrorStores, list[ArchivePolicy]]:
    """Open what a closure is fetched with; there may be no archive to fetch from.

    Args:
        settings: Complete settings.
        progress: Who is told.

    Returns:
        The mirror's stores, and where each archive comes from.
    """
    stores = wire_mirror(settings, open_stores(settings), progress)
    return stores, [archive_policy(name, one) for name, one in settings.archive.items()]


def define(wishes: Wishes, stores: MirrorStores) -> Definition:
    """Store the records that are wished for and write down the rest.

    Args:
        wishes: What is wanted.
        stores: Where records are kept, and what is known of packages.

    Returns:
        The definition.

    Raises:
        InvalidInput: A file that is not what it should be.
        NotFound: A package that nobody knows.
    """
    records = frozenset(
        _keep(name, data, stores) for word in wishes.records for name, data in _record_files(word)
    )
    needs = [
        need
        for word in wishes.dpkg_lists
        for need in read_installed_list(_read(word, MOST_LIST), word)
    ]
    wanted = Definition(records, frozenset(needs), wishes.architecture, wishes.sources)
    for word in wishes.packages:
        name, _, version = word.partition("=")
        wanted = wanted.joined(
            package_definition(stores, name, version, wishes.architecture, sources=wishes.sources)
        )
    if not (wanted.records or wanted.needs):
        raise InvalidInput(
            "nothing is wanted", advice="Name records, or use --dpkg-list or --package."
        )
    return wanted


def _keep(name: str, data: bytes, stores: MirrorStores) -> NamedRecord:
    record = read_record(data, name)
    file_name = Path(name).name if name.endswith(".buildinfo") else record.file_name
    digest = keep_record(
        stores.catalogue, stores.blobs, record, data, name=file_name, origin="closure"
    )
    return NamedRecord(file_name, digest)


def _record_files(word: str) -> Iterator[tuple[str, bytes]]:
    """The records that a word names."""
    path = Path(word)
    if word == "-":
        yield "standard input", _read(word, MOST_LIST)
        return
    if path.is_dir():
        found = sorted(path.rglob("*.buildinfo"))
    elif path.exists() or not any(mark in word for mark in "*?["):
        found = [path]
    else:
        found = sorted(Path(path.anchor or ".").glob(word.removeprefix(path.anchor)))
    if not found:
        raise NotFound(f"{word}: no build record there", advice="Records end in .buildinfo.")
    for one in found:
        yield str(one), read_record_file(one)


def _read(word: str, limit: int) -> bytes:
    try:
        if word == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(word).open("rb") as stream:
                data = stream.read(limit + 1)
    except OSError as problem:
        raise InvalidInput(f"{word}: cannot be read: {problem.strerror}") from problem
    if len(data) > limit:
        raise InvalidInput(f"{word}: larger than {limit >> 20} MiB")
    return data


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
    definition = add_to_closure(stores, name, define(wishes, stores))
    if not fetch:
        resolved = keep_closure(stores, name, definition)
        yield from summary_lines(name, resolved, stores)
        return
    yield from report_lines(fetch_closure(stores, policies, name, definition), stores)


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
    policies = [archive_policy(name, one) for name, one in settings.archive.items()]
    failures: list[DejabuildError] = []
    for name, closure in settings.closure.items():
        try:
            keep_closure(stores, name, define(_wishes(closure, architecture), stores))
        except DejabuildError as problem:
            failures.append(problem)
            tell(f"closure {name}: {problem}")
    known = [one.name for one in stores.catalogue.closures.all()]
    return failures + complete(stores, policies, known, tell)


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


def show(stores: MirrorStores, name: str) -> Iterator[str]:
    """Say what a closure holds, lacks, and which runs prove it.

    Args:
        stores: Where it is.
        name: Which.

    Yields:
        Lines for people.
    """
    definition = read_definition(stores, name)
    resolved = resolve_closure(definition, stores.catalogue, stores.blobs)
    record = stores.catalogue.closures.get(name)
    assert record is not None  # noqa: S101  it has a definition
    yield f"closure {name}, changed {record.changed}, manifest {record.manifest}"
    yield (
        f"wanted: {len(definition.records)} records, {len(definition.needs)} packages"
        f"{'' if definition.sources else ', no sources'}"
    )
    yield from summary_lines(name, resolved, stores)
    for step in resolved.proofs():
        yield (
            f"proved by {step.archive} {step.at}: {step.suite} "
            f"{' '.join(step.components)} ({' '.join(step.architectures)})"
        )
    for identity in sorted(resolved.environments):
        yield f"environment {identity}"


def list_all(stores: MirrorStores) -> Iterator[str]:
    """Say which closures there are.

    Args:
        stores: Where they are.

    Yields:
        A line each.
    """
    for record in stores.catalogue.closures.all():
        manifest = read_manifest(stores, record.name)
        lacking = sum(not stores.blobs.contains(digest) for digest in manifest.digests)
        state = f"{lacking} not here" if lacking else "complete"
        yield f"{record.name}: {len(manifest.files)} files, {manifest.size / 1e6:.1f} MB, {state}"


def report_lines(report: ClosureReport, stores: MirrorStores) -> Iterator[str]:
    """Say what a fetch did.

    Args:
        report: From `mirror.fetch_closure.fetch_closure`.
        stores: Where it went.

    Yields:
        Lines for people.
    """
    yield from summary_lines(report.name, report.resolved, stores)
    yield (
        f"closure {report.name}: {report.fetched} files fetched, "
        f"{report.received / 1e6:.1f} MB received"
    )
    for file in report.lacking:
        yield f"no upstream has {file.archive} {file.path}"


def summary_lines(name: str, resolved: ResolvedClosure, stores: MirrorStores) -> Iterator[str]:
    """Say what a closure comes to.

    Args:
        name: Of the closure.
        resolved: What it comes to.
        stores: Where its files are.

    Yields:
        Lines for people.
    """
    manifest = resolved.manifest
    lacking = [file for file in manifest.files if not stores.blobs.contains(file.digest)]
    yield (
        f"closure {name}: {len(manifest.files)} files, {manifest.size / 1e6:.1f} MB; "
        f"{len(lacking)} not here, {sum(file.size for file in lacking) / 1e6:.1f} MB"
    )
    yield from gap_lines(resolved.gaps)
    for need in sorted(resolved.ambiguous, key=str):
        yield f"several different files answer {need}"
    for need in sorted(resolved.unverified, key=str):
        yield f"only an archive without signatures has {need}"


def gap_lines(gaps: Iterable[Gap]) -> Iterator[str]:
    """Say what is missing, why, and what is nearest.

    Args:
        gaps: From a resolved closure.

    Yields:
        A line each.
    """
    for gap in gaps:
        need = gap.missing.need
        kind = "source " if need.kind == "source" else ""
        wanted = f", wanted by {gap.wanted_by}" if gap.wanted_by else ""
        nearest = f"; nearest: {gap.missing.nearest}" if gap.missing.nearest else ""
        yield f"missing: {kind}{need}: {gap.missing.why}{nearest}{wanted}"
