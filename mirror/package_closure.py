# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source package by its name needs: its build records, else its build dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirror.choose_packages import BUILD_DEPENDS
from mirror.stored_indices import read_index, stored_index
from snapshot.closure import Definition, NamedRecord
from snapshot.coordinates import Coordinates
from snapshot.errors import NotFound
from snapshot.need import Need
from snapshot.package_set import Chooser, PackageSet
from snapshot.packages import BinaryStanza
from snapshot.sources import read_source_fields
from snapshot.stanza import iter_stanzas

if TYPE_CHECKING:
    from mirror.stores import MirrorStores
    from snapshot.timestamp import Timestamp
    from storage.catalogue import FileLocation

#: What every build may use without saying so.
_BUILD_BASE = PackageSet(("@essential", "@build-essential"), with_depends=True)


def package_definition(
    stores: MirrorStores, name: str, version: str, architecture: str, *, sources: bool
) -> Definition:
    """What building a package needs.

    Where build records are known, exactly what they installed; else what the newest run that
    has the source says it needs, chosen simply (`snapshot.package_set`).

    Args:
        stores: What is known.
        name: Of a source package, or of a binary package whose source is meant.
        version: Of the source; empty: the newest.
        architecture: The machine's.
        sources: Whether the source itself is wanted.

    Raises:
        NotFound: Nobody knows the package, or its dependencies are in no index.
    """
    catalogue = stores.catalogue
    source, version = _source(stores, name, version)
    records = frozenset(
        NamedRecord(record.name, record.digest)
        for record in catalogue.buildinfos(source, version)
        if record.kind == "deb" and stores.blobs.contains(record.digest)
    )
    if records:
        return Definition(records, architecture=architecture, sources=sources)
    needs = _build_needs(stores, source, version, architecture)
    if sources:
        needs.add(Need(source, version, kind="source"))
    return Definition(needs=frozenset(needs), architecture=architecture, sources=sources)


def _source(stores: MirrorStores, name: str, version: str) -> tuple[str, str]:
    catalogue = stores.catalogue
    # Binary packages name versions of sources that may be nowhere.
    versions = [
        one
        for one in catalogue.source_versions(name)
        if catalogue.source_files(name, one) or catalogue.buildinfos(name, one)
    ]
    if versions and version in {"", *versions}:
        return name, version or versions[0]
    binaries = catalogue.binary_versions(name)
    for binary in binaries:
        if version in {"", binary.version}:
            return binary.source, binary.source_version
    known = ", ".join(versions or [one.version for one in binaries][:5])
    raise NotFound(
        f"no index of ours has the package {name} {version}".rstrip(),
        advice=f"Known versions: {known}." if known else "Sync an archive that has it.",
    )


def _build_needs(stores: MirrorStores, source: str, version: str, architecture: str) -> set[Need]:
    """The binary packages of the newest run that has a source."""
    places = [
        place
        for place in stores.catalogue.source_files(source, version)
        if place.file.path.endswith(".dsc")
    ]
    if not places:
        raise NotFound(f"no index of ours has the source of {source} {version}")
    place, stamp = max(((one, _last_seen(stores, one)) for one in places), key=lambda two: two[1])
    chooser = Chooser(_BUILD_BASE, architecture)
    family = place.coordinates.suite.partition("-")[0]
    for stream in stores.catalogue.streams_at(place.coordinates.archive, stamp):
        same = stream.suite.partition("-")[0] == family
        if same and stream.architecture in (architecture, "all"):
            file = stored_index(stores.catalogue, stream, stamp)
            for stanza in iter_stanzas(read_index(stores.blobs, file)):
                chooser.take(BinaryStanza.parse(stanza))
    chooser.require(_build_depends(stores, place.coordinates, stamp, source, version))
    found = chooser.finish()
    if chooser.unmet:
        raise NotFound(
            f"{source} {version} needs what {place.coordinates.archive} {stamp} does not have: "
            f"{', '.join(sorted(chooser.unmet)[:10])}",
            advice="mirror more suites or components of it, or name a build record",
        )
    return {Need(one.name, one.version, one.architecture) for one in found}


def _last_seen(stores: MirrorStores, place: FileLocation) -> Timestamp:
    """The newest run at which a stream held a file."""
    stamps = [
        last for _, last in stores.catalogue.observed_ranges(place.coordinates, place.intervals)
    ]
    return max(stamps, default=place.first_seen)


def _build_depends(
    stores: MirrorStores, stream: Coordinates, stamp: Timestamp, source: str, version: str
) -> str:
    """The build dependencies of one source, as one field."""
    file = stored_index(stores.catalogue, stream, stamp)
    for stanza in iter_stanzas(read_index(stores.blobs, file)):
        if f"Package: {source}\n".encode() not in stanza + b"\n":
            continue
        fields = read_source_fields(stanza)
        if (fields.text("Package"), fields.text("Version")) == (source, version):
            return ", ".join(filter(None, (fields.text(one) for one in BUILD_DEPENDS)))
    raise NotFound(f"{stream} of {stamp} does not list {source} {version}")
