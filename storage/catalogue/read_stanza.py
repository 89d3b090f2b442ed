# SPDX-License-Identifier: GPL-3.0-or-later
"""From the stanza of an index to what the catalogue keeps of it.

A new kind of index adds a reader and a line in `reader_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from snapshot.coordinates import Coordinates
from snapshot.digest import Checksums
from snapshot.errors import InvalidInput
from snapshot.packages import BinaryStanza
from snapshot.sources import SourceStanza

#: No file of a package comes near; a database's integers end at 2**63.
MAX_SIZE = 1 << 50
#: kind, name, version, architecture, source, source version: a row of `packages`.
PackageKey = tuple[str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class StanzaFacts:
    """What one stanza says.

    Attributes:
        package: The package.
        files: (path relative to the archive's root, checksums). Files without a SHA-256
            (indices from before 2007) are left out: nothing could be named or verified by them.
    """

    package: PackageKey
    files: tuple[tuple[str, Checksums], ...]


StanzaReader = Callable[[bytes], StanzaFacts]


def read_binary(stanza: bytes) -> StanzaFacts:
    """A stanza of a Packages index.

    Raises:
        InvalidInput: Naming the package and the field.
    """
    read = BinaryStanza.parse(stanza)
    return StanzaFacts(
        ("binary", read.name, read.version, read.architecture, read.source, read.source_version),
        _checked(read.name, ((read.path, read.checksums),) if read.checksums.sha256 else ()),
    )


def read_source(stanza: bytes) -> StanzaFacts:
    """A stanza of a Sources index.

    Raises:
        InvalidInput: Naming the package and the field.
    """
    read = SourceStanza.parse(stanza)
    return StanzaFacts(
        ("source", read.name, read.version, "source", read.name, read.version),
        _checked(
            read.name,
            tuple(
                (read.path_of(file), file.checksums) for file in read.files if file.checksums.sha256
            ),
        ),
    )


def _checked(
    name: str, files: tuple[tuple[str, Checksums], ...]
) -> tuple[tuple[str, Checksums], ...]:
    for path, checksums in files:
        if checksums.size > MAX_SIZE:
            raise InvalidInput(f"{name}: {path} cannot have {checksums.size} bytes")
    return files


def reader_of(stream: Coordinates) -> StanzaReader:
    """How the indices of a stream are read."""
    return read_source if stream.architecture == "source" else read_binary
