# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting a closure into one file: its records, its packages, and the indices that prove them.

Indices go in whole, each once: a signature leads to all of an index or to nothing, so whoever
reads the bundle can check everything again and need not believe whoever made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.bundle_stream import write_bundle
from mirror.lock import storing
from mirror.prove_closure import prove_closure
from mirror.resolve_closure import resolve_closure
from snapshot.bundle import BundleManifest
from snapshot.closure import NO_ARCHIVE
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from mirror.resolve_closure import ResolvedClosure
    from mirror.stores import MirrorStores
    from snapshot.bundle import BundledRun
    from snapshot.closure import Definition
    from snapshot.digest import Digest


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

    def read(digest: Digest) -> Iterator[bytes]:
        with stores.blobs.open(digest) as reader:
            yield from reader

    with storing(stores.locks, f"export of {name}"):
        resolved = resolve_closure(definition, stores.catalogue, stores.blobs)
        _require_complete(stores, resolved)
        runs = prove_closure(stores.catalogue, resolved)
        manifest = _manifest(stores, name, definition, resolved, runs)
        written = write_bundle(stream, manifest, sign(manifest.text()), read)
        members = {member.digest for run in runs for member in run.members}
        return ExportReport(manifest, written, sum(map(stores.blobs.size, members)))


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
