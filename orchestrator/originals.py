# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the digests of originals come from, and which of them we may vouch for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename
from typing import Protocol

from orchestrator.judge import OriginalFile
from snapshot.digest import Digest
from snapshot.verdict import Original
from storage.catalogue.records import FileLocation, IndexedArtifact
from storage.ledger.records import Artifact


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A package file that a published run's index names.

    Attributes:
        digest: Its SHA-256.
        size: Its bytes.
        file_name: As in the archive.
        name: Package name.
        version: Its version.
        architecture: Its architecture.
        verified: Whether a signature vouches for that index (its archive's trust is not `none`).
    """

    digest: Digest
    size: int
    file_name: str
    name: str
    version: str
    architecture: str
    verified: bool


class Originals(Protocol):
    """What the archive half knows about published files."""

    def indexed(self, digests: Iterable[Digest]) -> Mapping[Digest, Sequence[IndexedFile]]:
        """Every file of published runs with one of these digests."""
        ...

    def named(self, name: str, version: str, architecture: str) -> Sequence[IndexedFile]:
        """Every file of published runs with this name, version and architecture."""
        ...


class NoOriginals:
    """A server without an archive half: nothing is indexed, so nothing is attested."""

    def indexed(self, digests: Iterable[Digest]) -> Mapping[Digest, Sequence[IndexedFile]]:  # noqa: ARG002
        """Nothing."""
        return {}

    def named(self, name: str, version: str, architecture: str) -> Sequence[IndexedFile]:  # noqa: ARG002
        """Nothing."""
        return ()


class Index(Protocol):
    """The part of the catalogue that is asked; `storage.catalogue.Catalogue` has it."""

    def indexed(self, digests: Iterable[Digest]) -> Mapping[Digest, IndexedArtifact]:
        """Files of published runs by digest."""
        ...

    def binary_files(self, name: str, version: str) -> Sequence[FileLocation]:
        """Where the files of a binary package are."""
        ...


class CatalogueOriginals:
    """Originals as our own catalogue knows them.

    Args:
        index: The catalogue.
    """

    def __init__(self, index: Index) -> None:
        self._index = index

    def indexed(self, digests: Iterable[Digest]) -> Mapping[Digest, Sequence[IndexedFile]]:
        """See `Originals.indexed`."""
        found = self._index.indexed(digests)
        return {digest: (_indexed_file(digest, file),) for digest, file in found.items()}

    def named(self, name: str, version: str, architecture: str) -> Sequence[IndexedFile]:
        """See `Originals.named`."""
        places = self._index.binary_files(name, version)
        digests = {p.file.digest for p in places if p.package.architecture == architecture}
        return tuple(file for files in self.indexed(sorted(digests)).values() for file in files)


def _indexed_file(digest: Digest, found: IndexedArtifact) -> IndexedFile:
    return IndexedFile(
        digest=digest,
        size=found.size,
        file_name=basename(found.path),
        name=found.package,
        version=found.version,
        architecture=found.architecture,
        verified=found.trust != "none",
    )


def normalise_originals(
    artifacts: Sequence[Artifact], originals: Originals, produced: Iterable[Digest] = ()
) -> tuple[OriginalFile, ...]:
    """The originals of a target, each with the best digest we know and its origin.

    Looked up anew for every verdict: an index may have been mirrored since the target was
    made. A digest counts as `index` only when a verified index names it for this very
    package, version and architecture.

    Args:
        artifacts: As the ledger holds them.
        originals: The archive half.
        produced: Digests a worker reported: when we know no digest for an artifact, one of
            these may be in the index under its name.
    """
    known = [a.sha256 for a in artifacts if a.sha256 is not None]
    indexed = originals.indexed({*known, *produced})
    return tuple(_normalise(artifact, indexed, originals) for artifact in artifacts)


def _normalise(
    artifact: Artifact, indexed: Mapping[Digest, Sequence[IndexedFile]], originals: Originals
) -> OriginalFile:
    digest, size = artifact.sha256, artifact.size
    if digest is None:
        found = _candidates(artifact, indexed, originals)
        # Two archives may hold one name with different bytes; then nobody knows which.
        if len({file.digest for file in found}) == 1:
            digest, size = found[0].digest, found[0].size
    files = indexed.get(digest, ()) if digest is not None else ()
    verified = any(
        file.verified and file.digest == digest and _same(file, artifact) for file in files
    )
    return OriginalFile(
        artifact_id=artifact.id,
        name=artifact.name,
        file_name=artifact.file_name,
        sha256=digest,
        size=size,
        origin=Original.INDEX if verified else Original.RECORD,
    )


def _candidates(
    artifact: Artifact, indexed: Mapping[Digest, Sequence[IndexedFile]], originals: Originals
) -> list[IndexedFile]:
    """Files of the index that are this artifact by name, version and architecture."""
    named = originals.named(artifact.name, artifact.version, artifact.architecture)
    found = [file for file in named if _same(file, artifact)]
    if found:
        return found
    return [file for files in indexed.values() for file in files if _same(file, artifact)]


def _same(file: IndexedFile, artifact: Artifact) -> bool:
    return (file.name, file.version, file.architecture) == (
        artifact.name,
        artifact.version,
        artifact.architecture,
    )
