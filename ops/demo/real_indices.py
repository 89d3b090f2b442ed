# SPDX-License-Identifier: GPL-3.0-or-later
"""What Debian really publishes today, read from indices that apt verified.

Stanzas are kept as the archive's own bytes: the demo's upstream repeats them unchanged, so every
digest in it is Debian's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.demo.private_apt import Package
from snapshot.deb_version import version_key
from snapshot.packages import BinaryStanza
from snapshot.sources import SourceStanza

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """One source package in an index.

    Attributes:
        parsed: Its fields.
        stanza: The archive's bytes, without the empty line after them.
    """

    parsed: SourceStanza
    stanza: bytes

    @property
    def name(self) -> str:
        """Source package name."""
        return self.parsed.name

    @property
    def version(self) -> str:
        """Full version."""
        return self.parsed.version

    @property
    def size(self) -> int:
        """Bytes of all parts together."""
        return sum(file.checksums.size for file in self.parsed.files)

    @classmethod
    def parse(cls, stanza: bytes) -> Source:
        """Read one stanza of a Sources index."""
        return cls(SourceStanza.parse(stanza), stanza)


def package_of(binary: BinaryStanza) -> Package:
    """Name, version and architecture, as apt's answers have them."""
    return Package(binary.name, binary.version, binary.architecture)


class RealIndices:
    """Every Packages and Sources stanza of some indices, parsed when asked for.

    Args:
        packages: Uncompressed Packages files.
        sources: Uncompressed Sources files.
    """

    def __init__(self, packages: Iterable[Path], sources: Iterable[Path]) -> None:
        self._binaries = _by_name(packages)
        self._sources = _by_name(sources)
        self._made_by: dict[str, list[bytes]] = defaultdict(list)
        marker = re.compile(rb"\nSource: ([^ \n]+)")
        for name, stanzas in self._binaries.items():
            for stanza in stanzas:
                match = marker.search(stanza)
                self._made_by[match[1].decode() if match else name].append(stanza)

    def has_name(self, name: str) -> bool:
        """Whether any version of a binary package is here."""
        return name in self._binaries

    def has(self, binary: BinaryStanza) -> bool:
        """Whether exactly this stanza is here."""
        return binary.stanza in self._binaries.get(binary.name, [])

    def has_source(self, source: Source) -> bool:
        """Whether exactly this stanza is here."""
        return source.stanza in self._sources.get(source.name, [])

    def binary(self, package: Package) -> BinaryStanza:
        """The stanza of exactly this package.

        Raises:
            KeyError: Not in these indices.
        """
        for stanza in self._binaries.get(package.name, []):
            binary = BinaryStanza.parse(stanza)
            if package_of(binary) == package:
                return binary
        raise KeyError(package)

    def newest_source(self, name: str) -> Source | None:
        """The highest version of a source."""
        found = [Source.parse(stanza) for stanza in self._sources.get(name, [])]
        return max(found, key=lambda source: version_key(source.version), default=None)

    def made_by(self, source: Source) -> tuple[BinaryStanza, ...]:
        """The binaries that were built from exactly this source version."""
        found = {
            package_of(binary): binary
            for binary in map(BinaryStanza.parse, self._made_by.get(source.name, []))
            if binary.source == source.name and binary.source_version == source.version
        }
        return tuple(found[package] for package in sorted(found))

    def updated_in_stable(self) -> tuple[str, ...]:
        """Names of sources with a version that was made for a stable release, smallest first."""
        marked = re.compile(rb"\nVersion: [^\n]*[+~]deb\d+u\d+\n")
        found = [
            Source.parse(stanza)
            for stanzas in self._sources.values()
            for stanza in stanzas
            if marked.search(stanza)
        ]
        return tuple(dict.fromkeys(s.name for s in sorted(found, key=lambda s: (s.size, s.name))))

    def carrying_versions(self, packages: Iterable[Package]) -> dict[str, str]:
        """Sources with a binary whose `Depends` carries a full version of one of these packages.

        A version with the same upstream part and any revision counts: it is what the same rule
        wrote when the package was built.

        Returns:
            Source name to the name of the package it carries the version of.
        """
        words = [
            rb"%s \(>= %s-" % (re.escape(p.name.encode()), re.escape(_upstream(p.version)))
            for p in packages
        ]
        if not words:
            return {}
        wanted = re.compile(rb"\nDepends: (?:[^\n]*[ ,|])?(%s)" % b"|".join(words))
        found: dict[str, str] = {}
        for source, stanzas in self._made_by.items():
            for stanza in stanzas:
                match = wanted.search(stanza)
                if match:
                    found.setdefault(source, match[1].split(b" ")[0].decode())
        return found


def _upstream(version: str) -> bytes:
    return (version.rpartition("-")[0] or version).encode()


def _by_name(files: Iterable[Path]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    for file in files:
        for stanza in file.read_bytes().split(b"\n\n"):
            body = stanza.strip(b"\n")
            if body.startswith(b"Package: "):
                found[body[9 : body.index(b"\n")].decode()].append(body)
    return found
