# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a closure is to hold to the files that the catalogue knows for it.

Names and versions go in, digests come out: each file is one that an index names, in the archive
whose signature says so. What cannot be answered is listed with what is nearest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snapshot.candidate import Candidate, Chosen
from snapshot.closure import NO_ARCHIVE, Manifest, ManifestLine
from snapshot.dated_suites import minimal_cover
from snapshot.digest import Digest
from snapshot.need import Need
from snapshot.record import read_record
from snapshot.resolver import answer, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from snapshot.closure import Definition
    from snapshot.dated_suites import CoverStep
    from snapshot.environment import Environment
    from snapshot.record import Record
    from snapshot.resolver import Missing
    from storage.blobs import BlobStore
    from storage.catalogue import Catalogue, FileLocation


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a closure wants and no index names.

    Attributes:
        wanted_by: Name of the record that needs it; empty for what was asked for by itself.
        missing: What, why, and what is nearest.
    """

    wanted_by: str
    missing: Missing


@dataclass(slots=True)
class ResolvedClosure:
    """What a closure comes to, as far as the catalogue knows.

    Attributes:
        files: All files by digest.
        chosen: The package files with everywhere they were, each need once.
        gaps: What is missing.
        ambiguous: Needs for which files with different bytes exist.
        unverified: Needs whose file only archives without signatures name.
        environments: Of the records of which nothing is missing.
    """

    files: dict[Digest, ManifestLine] = field(default_factory=dict)
    chosen: dict[tuple[Need, Digest], Chosen] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    ambiguous: set[Need] = field(default_factory=set)
    unverified: set[Need] = field(default_factory=set)
    environments: dict[Digest, Environment] = field(default_factory=dict)

    @property
    def manifest(self) -> Manifest:
        """The files as a value."""
        return Manifest(frozenset(self.files.values()))

    def proofs(self) -> tuple[CoverStep, ...]:
        """The fewest dated suites whose indices name every package file of it."""
        # Files that were in the same streams at the same times are proved by the same indices: one
        # stands for all, so that a closure of a whole distribution is no more work than its runs.
        alike: dict[frozenset[object], Chosen] = {}
        for (need, digest), one in self.chosen.items():
            where = frozenset((each.coordinates, each.intervals) for each in one.candidates)
            # Two files may answer needs of one name: they are covered each by itself.
            itself = Need(digest.hex, need.version, need.architecture, need.kind)
            alike.setdefault(where, Chosen(itself, one.candidates))
        return minimal_cover(list(alike.values()), near=None).steps


def resolve_closure(
    definition: Definition, catalogue: Catalogue, blobs: BlobStore
) -> ResolvedClosure:
    """Find every file of a closure.

    Args:
        definition: What is wanted; its records are stored.
        catalogue: What is known, of all archives and all runs.
        blobs: Where the records are.

    Raises:
        NotFound: A record is not stored.
        InvalidInput: It is no record.
    """
    found = ResolvedClosure()
    for named in sorted(definition.records):
        with blobs.open(named.digest) as reader:
            data = b"".join(reader)
        add_record(found, named.name, data, catalogue, sources=definition.sources)
    needs = sorted(definition.needs, key=str)
    answers = answer(
        needs,
        catalogue.locate(needs),
        near=None,
        build_architecture=definition.architecture,
    )
    found.gaps += [Gap("", gap) for gap in answers.missing]
    found.ambiguous |= set(answers.ambiguous)
    found.unverified |= set(answers.unverified)
    _add_files(found, answers.chosen, catalogue)
    return found


def add_record(
    found: ResolvedClosure,
    name: str,
    data: bytes,
    catalogue: Catalogue,
    *,
    sources: bool = True,
) -> None:
    """Add what one build record needs.

    Args:
        found: What to add to.
        name: File name of the record.
        data: Its bytes, stored or not.
        catalogue: What is known.
        sources: Whether the source of what it built is wanted.

    Raises:
        InvalidInput: It is no record.
    """
    record = read_record(data, name)
    needs = list(record.needs)
    if sources and record.kind == "deb":
        needs.append(Need(record.source, record.source_version, kind="source"))
    resolution = resolve(
        needs,
        catalogue.locate(needs),
        near=record.build_date,
        build_architecture=record.build_architecture,
        kind=record.kind,
    )
    found.gaps += [Gap(name, gap) for gap in resolution.missing]
    found.ambiguous |= set(resolution.ambiguous)
    found.unverified |= set(resolution.unverified)
    _put(found, ManifestLine(Digest.of(data), len(data), f"record/{name}", NO_ARCHIVE))
    if resolution.environment is not None:
        text = resolution.environment.text()
        identity = resolution.environment.id
        found.environments[identity] = resolution.environment
        _put(found, ManifestLine(identity, len(text), f"environment/{identity}", NO_ARCHIVE))
    _add_files(found, resolution.chosen, catalogue)
    _add_originals(found, record, catalogue)


def _add_files(found: ResolvedClosure, chosen: Iterable[Chosen], catalogue: Catalogue) -> None:
    for choice in chosen:
        file = choice.file
        found.chosen[choice.need, file.digest] = choice
        if choice.need.kind == "binary":
            archive = file.coordinates.archive
            _put(found, ManifestLine(file.digest, file.size, file.path, archive))
            continue
        for place in _source_files(choice, catalogue):
            archive = place.coordinates.archive
            _put(found, ManifestLine(place.file.digest, place.file.size, place.file.path, archive))


def _source_files(choice: Chosen, catalogue: Catalogue) -> list[FileLocation]:
    """The .dsc and what lies beside it in the same stream."""
    dsc = choice.file
    directory = dsc.path.rpartition("/")[0]
    return [
        place
        for place in catalogue.source_files(choice.need.name, choice.need.version)
        if place.coordinates == dsc.coordinates
        and place.file.path.rpartition("/")[0] == directory
        and (place.file.digest == dsc.digest or not place.file.path.endswith(".dsc"))
    ]


def _add_originals(found: ResolvedClosure, record: Record, catalogue: Catalogue) -> None:
    """The indices must name what the record built, or a rebuild has nothing to be compared with.

    The built files themselves are not part of the closure: their digests are in the indices.
    """
    checksums = getattr(record.detail, "checksums", ())
    for artifact in checksums:
        digest = artifact.checksums.sha256
        places = catalogue.locations(digest) if digest is not None else ()
        if places:
            package = places[0].package
            need = Need(package.name, package.version, package.architecture)
            found.chosen[need, digest] = Chosen(need, _candidates(places))


def _candidates(places: Sequence[FileLocation]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            name=place.package.name,
            version=place.package.version,
            architecture=place.package.architecture,
            digest=place.file.digest,
            sha1=place.file.sha1,
            size=place.file.size,
            path=place.file.path,
            coordinates=place.coordinates,
            intervals=place.intervals,
        )
        for place in places
    )


def _put(found: ResolvedClosure, line: ManifestLine) -> None:
    """The first place of some bytes stands for all: which is a matter of taste, but fixed."""
    known = found.files.get(line.digest)
    if known is None or line < known:
        found.files[line.digest] = line
