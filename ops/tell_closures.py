# SPDX-License-Identifier: GPL-3.0-or-later
"""Closures in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mirror.fetch_closure import ClosureReport, read_definition, read_manifest
from mirror.resolve_closure import Gap, ResolvedClosure, resolve_closure
from mirror.stores import MirrorStores


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
