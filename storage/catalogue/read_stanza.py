# SPDX-License-Identifier: GPL-3.0-or-later
"""From the stanza of an index to what the catalogue keeps of it.

A new kind of index adds a reader and a line in `reader_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from snapshot.coordinates import Coordinates
from snapshot.errors import InvalidInput
from snapshot.packages import read_binary_fields
from snapshot.sources import SourceStanza

#: No file of a package comes near; a database's integers end at 2**63.
MAX_SIZE = 1 << 50
#: kind, name, version, architecture, source, source version: a row of `packages`.
PackageKey = tuple[str, str, str, str, str, str]


class Content(NamedTuple):
    """Some bytes, as a row of `blobs` has them.

    Attributes:
        sha256: 32 bytes.
        sha1: 20 bytes, when known; recorded, never trusted.
        md5: 16 bytes, when known; recorded, never trusted.
        size: Bytes.
    """

    sha256: bytes
    sha1: bytes | None
    md5: bytes | None
    size: int


class StanzaFacts(NamedTuple):
    """What one stanza says; a tuple, because a first import makes some ten thousand.

    Attributes:
        package: The package.
        files: (path relative to the archive's root, content). Files without a SHA-256
            (indices from before 2007) are left out: nothing could be named or verified by them.
    """

    package: PackageKey
    files: tuple[tuple[str, Content], ...]


StanzaReader = Callable[[bytes], StanzaFacts]


def read_binary(stanza: bytes) -> StanzaFacts:
    """A stanza of a Packages index.

    Raises:
        InvalidInput: Naming the package and the field.
    """
    read = read_binary_fields(stanza)
    content = _content(read.name, read.path, read.size, (read.sha256, read.sha1, read.md5))
    return StanzaFacts(("binary", *read[:5]), () if content is None else ((read.path, content),))


def read_source(stanza: bytes) -> StanzaFacts:
    """A stanza of a Sources index.

    Raises:
        InvalidInput: Naming the package and the field.
    """
    read = SourceStanza.parse(stanza)
    files = []
    for file in read.files:
        path = read.path_of(file)
        sums = file.checksums
        digests = (sums.sha256.hex if sums.sha256 else None, sums.sha1, sums.md5)
        content = _content(read.name, path, sums.size, digests)
        if content is not None:
            files.append((path, content))
    return StanzaFacts(
        ("source", read.name, read.version, "source", read.name, read.version), tuple(files)
    )


def _content(
    name: str, path: str, size: int, digests: tuple[str | None, str | None, str | None]
) -> Content | None:
    sha256, sha1, md5 = digests
    if sha256 is None:
        return None
    if size > MAX_SIZE:
        raise InvalidInput(f"{name}: {path} cannot have {size} bytes")
    return Content(bytes.fromhex(sha256), _bytes(sha1), _bytes(md5), size)


def _bytes(digits: str | None) -> bytes | None:
    """Digits as bytes. What is recorded and never trusted need not be right either."""
    try:
        return bytes.fromhex(digits) if digits else None
    except ValueError:
        return None


def reader_of(stream: Coordinates) -> StanzaReader:
    """How the indices of a stream are read."""
    return read_source if stream.architecture == "source" else read_binary
