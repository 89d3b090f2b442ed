# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting a closure into one file: its records, its packages, and the indices that prove them.

Indices go in whole, each once: a signature leads to all of an index or to nothing, so whoever
reads the bundle can check everything again and need not believe whoever made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.bundle_stream import write_bundle
from mirror.resolve_closure import resolve_closure
from mirror.stored_indices import stored_index
from snapshot.bundle import BundledMember, BundledRun, BundleManifest
from snapshot.closure import NO_ARCHIVE
from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from mirror.resolve_closure import ResolvedClosure
    from mirror.stores import MirrorStores
    from snapshot.closure import Definition
    from snapshot.dated_suites import CoverStep
    from snapshot.timestamp import Timestamp
    from storage.catalogue import Catalogue

_RELEASES = ("InRelease", "Release", "Release.gpg")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What went into a bundle.

    Attributes:
        manifest: All of it.
        written: Bytes of the bundle.
        proof: Bytes, unpacked, of Releases and indices.
    """

    manifest: BundleManifest
    written: int
    proof: int


def export_bundle(
    stores: MirrorStores,
    name: str,
    definition: Definition,
    stream: BinaryIO,
    *,
    sign: Callable[[bytes], bytes],
) -> ExportReport:
    """Write a closure as a bundle; the same closure and key give the same bytes.

    Args:
        stores: With everything that is wanted, fetched before.
        name: Of the closure, under which it is imported.
        definition: What it holds.
        stream: Where to.
        sign: Makes a signed document of the manifest's text, or leaves it as it is.

    Raises:
        NotFound: Something that is wanted is not here; nothing was written.
    """
    resolved = resolve_closure(definition, stores.catalogue, stores.blobs)
    _require_complete(stores, resolved)
    runs = bundled_runs(stores.catalogue, resolved.proofs())
    manifest = _manifest(stores, name, definition, resolved, runs)

    def read(digest: Digest) -> Iterator[bytes]:
        with stores.blobs.open(digest) as reader:
            yield from reader

    written = write_bundle(stream, manifest, sign(manifest.text()), read)
    members = {member.digest for run in runs for member in run.members}
    return ExportReport(manifest, written, sum(map(stores.blobs.size, members)))


def bundled_runs(catalogue: Catalogue, steps: tuple[CoverStep, ...]) -> tuple[BundledRun, ...]:
    """The Releases and indices of some dated suites, by the run they are in.

    Raises:
        NotFound: The catalogue does not hold an index that it answered from.
    """
    members: dict[tuple[str, Timestamp], set[BundledMember]] = {}
    for step in steps:
        run = members.setdefault((step.archive, step.at), set())
        for path in _RELEASES:
            file = catalogue.file_at(step.archive, step.at, f"dists/{step.suite}/{path}")
            if file is not None:
                run.add(BundledMember(step.suite, path, file.digest))
        run |= set(_indices(catalogue, step))
    found = []
    for (archive, stamp), held in sorted(members.items()):
        record = catalogue.run_at(archive, stamp)
        assert record is not None  # noqa: S101  the step was made of what it holds
        found.append(BundledRun(archive, stamp, record.trust, tuple(sorted(held))))
    return tuple(found)


def _indices(catalogue: Catalogue, step: CoverStep) -> Iterator[BundledMember]:
    """One packing of each index that the step needs and the run has."""
    there = {
        (stream.component, stream.architecture)
        for stream in catalogue.streams_at(step.archive, step.at)
        if stream.suite == step.suite
    }
    for component in step.components:
        for architecture in step.architectures:
            if (component, architecture) in there:
                stream = Coordinates(step.archive, step.suite, component, architecture)
                file = stored_index(catalogue, stream, step.at)
                path = file.path.removeprefix(f"dists/{step.suite}/")
                yield BundledMember(step.suite, path, file.digest)


def _require_complete(stores: MirrorStores, resolved: ResolvedClosure) -> None:
    lacking = [f"{gap.missing.need}: {gap.missing.why}" for gap in resolved.gaps]
    lacking += [
        f"{file.archive} {file.path}: not fetched"
        for file in resolved.files.values()
        if file.archive != NO_ARCHIVE and not stores.blobs.contains(file.digest)
    ]
    if lacking:
        raise NotFound(
            f"{len(lacking)} parts of the closure are not here: {'; '.join(sorted(lacking)[:5])}",
            advice="`dejabuild closure fetch` gets what an upstream has; nothing was written",
        )


def _manifest(
    stores: MirrorStores,
    name: str,
    definition: Definition,
    resolved: ResolvedClosure,
    runs: tuple[BundledRun, ...],
) -> BundleManifest:
    """Small things first: a broken bundle is known for one before its packages are read."""
    text = definition.text()
    defined = stores.blobs.add([text]).digest
    order = [defined, *(one.digest for one in sorted(definition.records))]
    order += [member.digest for run in runs for member in run.members]
    order += sorted(file.digest for file in resolved.files.values() if file.archive != NO_ARCHIVE)
    sizes = {digest: stores.blobs.size(digest) for digest in order}
    return BundleManifest(name, defined, runs, tuple(sizes.items()))
