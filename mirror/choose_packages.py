# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a package set, chosen from whole indices before any of them is fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mirror.select_members import wanted_indices
from mirror.verify_chain import plain_index
from snapshot.package_set import Chooser, PackageSet
from snapshot.packages import BinaryStanza
from snapshot.sources import SourceStanza, read_source_fields
from snapshot.stanza import iter_stanzas
from storage.catalogue import BlobState, StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mirror.policy import ArchivePolicy
    from mirror.select_members import Member, WantedIndex
    from mirror.stores import MirrorStores
    from mirror.verify_suites import Suite
    from snapshot.coordinates import Coordinates
    from snapshot.digest import Checksums, Digest
    from snapshot.package_set import Listed

_SOURCE_NAME = re.compile(rb"^Package:[ \t]*([!-~]+)", re.MULTILINE)
#: Fields of a source that say what building it needs.
BUILD_DEPENDS = ("Build-Depends", "Build-Depends-Arch", "Build-Depends-Indep")
#: By whether the catalogue says that a file is here.
_STATES = (BlobState.KNOWN, BlobState.PRESENT)
#: Architectures that name no machine.
_ANYWHERE = {"all", "source"}


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """An index that is stored, and how to read it.

    Attributes:
        coordinates: Its stream.
        read: Its unpacked pieces, from the beginning each time.
    """

    coordinates: Coordinates
    read: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class ChosenPackages:
    """What a package set comes to.

    Attributes:
        binaries: By path.
        sources: Of the named ones and of every chosen binary, as far as there are indices of
            sources.
        unmet: Dependencies that the indices do not have.
    """

    binaries: tuple[Listed, ...]
    sources: tuple[SourceStanza, ...]
    unmet: frozenset[str]

    def files(self) -> Iterator[tuple[str, Checksums]]:
        """Path and checksums of every file."""
        for binary in self.binaries:
            yield binary.path, binary.checksums
        for source in self.sources:
            for file in source.files:
                yield source.path_of(file), file.checksums


def choose_packages(wanted: PackageSet, indices: Sequence[OpenIndex]) -> ChosenPackages:
    """Choose from the indices of one archive at one time.

    Each machine's packages are chosen by themselves, with those for all of them.

    Args:
        wanted: The set.
        indices: All of them, in any order.
    """
    sources = [index for index in indices if index.coordinates.architecture == "source"]
    named = list(_sources(sources, wanted.names_source))
    build_depends = [text for _, text in named] if wanted.with_depends else []
    machines = sorted({index.coordinates.architecture for index in indices} - _ANYWHERE)
    binaries: dict[str, Listed] = {}
    unmet: set[str] = set()
    for machine in machines or ["all"]:
        chooser = Chooser(wanted, machine)
        for index in indices:
            if index.coordinates.architecture in (machine, "all"):
                for stanza in iter_stanzas(index.read()):
                    chooser.take(BinaryStanza.parse(stanza))
        for text in build_depends:
            chooser.require(text)
        binaries |= {one.path: one for one in chooser.finish()}
        unmet |= chooser.unmet
    built_from = {(one.source, one.source_version) for one in binaries.values()}
    names = {name for name, _ in built_from}
    found = {(source.name, source.version): source for source, _ in named}
    for source, _ in _sources(sources, names.__contains__):
        if (source.name, source.version) in built_from:
            found.setdefault((source.name, source.version), source)
    return ChosenPackages(
        tuple(binaries[path] for path in sorted(binaries)),
        tuple(found[key] for key in sorted(found)),
        frozenset(unmet),
    )


def _sources(
    indices: Iterable[OpenIndex], wanted: Callable[[str], bool]
) -> Iterator[tuple[SourceStanza, str]]:
    """Wanted sources with what they need to be built; the others are not parsed."""
    for index in indices:
        for stanza in iter_stanzas(index.read()):
            name = _SOURCE_NAME.search(stanza)
            if name is not None and wanted(name[1].decode("ascii")):
                fields = read_source_fields(stanza)
                needs = filter(None, (fields.text(one) for one in BUILD_DEPENDS))
                yield SourceStanza.parse(stanza), ", ".join(needs)


def chosen_files(
    policy: ArchivePolicy, suites: Iterable[Suite], stores: MirrorStores
) -> list[StoredFile]:
    """The files of a policy's package set, over all indices of a run that was verified.

    Args:
        policy: With `packages`.
        suites: All suites of the run; indices that did not change are read as they are stored.
        stores: Where the indices are.
    """
    wanted = policy.package_set
    if wanted is None:
        return []
    chosen = choose_packages(wanted, list(_indices(policy, suites, stores)))
    if chosen.unmet:
        few = ", ".join(sorted(chosen.unmet)[:5])
        stores.progress.say(
            f"{policy.name}: {len(chosen.unmet)} dependencies of the package set are in no "
            f"index: {few}"
        )
    files = {one.sha256: (path, one) for path, one in chosen.files() if one.sha256 is not None}
    said = stores.catalogue.present(files)
    return [
        StoredFile(path, digest, one.size, one.sha1, _STATES[digest in said])
        for digest, (path, one) in files.items()
    ]


def _indices(
    policy: ArchivePolicy, suites: Iterable[Suite], stores: MirrorStores
) -> Iterator[OpenIndex]:
    for suite in suites:
        for wanted in wanted_indices(suite.verified.release, suite.verified.suite, policy):
            coordinates = wanted.coordinates
            if coordinates is None:
                continue
            for member in wanted.variants:
                digest = member.checksums.sha256
                if digest is not None and stores.blobs.contains(digest):
                    yield OpenIndex(coordinates, partial(_read, stores, wanted, member, digest))
                    break


def _read(
    stores: MirrorStores, wanted: WantedIndex, member: Member, digest: Digest
) -> Iterator[bytes]:
    with stores.blobs.open(digest) as packed:
        yield from plain_index(wanted, member, packed, name=member.path)
