# SPDX-License-Identifier: GPL-3.0-or-later
"""Stanzas of a Packages index, read as bytes.

sid's index has 76,000 of them. A stanza is only parsed when it is new to the catalogue, and
then by one regular expression for the fields we use; a test holds the result equal to
python-debian's on a real index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from snapshot.digest import Checksums, Digest
from snapshot.errors import InvalidInput
from snapshot.pool_path import checked_pool_path

_FIELD = re.compile(
    r"^(Package|Version|Architecture|Source|Filename|Size|SHA256|SHA1|MD5sum):[ \t]*(.*)$",
    re.MULTILINE,
)
_SOURCE = re.compile(r"([!-~]+)(?:[ \t]+\(([!-~]+)\))?")
_WORD = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class BinaryStanza:
    """One binary package of an index.

    Attributes:
        name: Package name.
        version: Full version.
        architecture: As the package says: `amd64`, `all` …
        source: Name of its source package.
        source_version: Version of that source (differs after a binary-only rebuild).
        path: Where the file lies, relative to the archive's root.
        checksums: Size and digests of the file.
        stanza: The bytes it was read from; other fields are read from them when asked for.
    """

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    path: str
    checksums: Checksums
    stanza: bytes

    @classmethod
    def parse(cls, stanza: bytes) -> BinaryStanza:
        """Read one stanza.

        Raises:
            InvalidInput: A field that we need is missing or not what it must be; names the
                package as far as it is known.
        """
        try:
            found = {key.lower(): value for key, value in _FIELD.findall(stanza.decode())}
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{_where(stanza)}: not UTF-8") from error
        try:
            name = _word(found["package"])
            version = _word(found["version"])
            source, source_version = _source(found.get("source", ""), name, version)
            return cls(
                name=name,
                version=version,
                architecture=_word(found["architecture"]),
                source=source,
                source_version=source_version,
                path=checked_pool_path(found["filename"].rstrip()),
                checksums=_checksums(found),
                stanza=stanza,
            )
        except KeyError as error:
            raise InvalidInput(f"{_where(stanza)}: the field {error.args[0]} is missing") from error
        except (ValueError, InvalidInput) as error:
            message = error.message if isinstance(error, InvalidInput) else str(error)
            raise InvalidInput(f"{_where(stanza)}: {message}") from error

    def field(self, name: str) -> str:
        """Another field, folded to one line; empty when there is none."""
        pattern = rb"(?:\A|\n)%s:(.*(?:\n[ \t].*)*)" % re.escape(name.encode("ascii"))
        match = re.search(pattern, self.stanza, re.IGNORECASE)
        return " ".join(match[1].decode().split()) if match else ""

    @property
    def essential(self) -> bool:
        """Whether every system must have it."""
        return self.field("Essential").lower() == "yes"

    @property
    def multi_arch(self) -> str:
        """`same`, `foreign`, `allowed`, `no` or empty."""
        return self.field("Multi-Arch")

    @property
    def depends(self) -> str:
        """`Pre-Depends` and `Depends`, as written."""
        return ", ".join(filter(None, (self.field("Pre-Depends"), self.field("Depends"))))


def _checksums(found: dict[str, str]) -> Checksums:
    sha256 = found.get("sha256")
    return Checksums(
        size=int(found["size"]),
        sha256=Digest(sha256.strip().lower()) if sha256 else None,
        sha1=found.get("sha1") or None,
        md5=found.get("md5sum") or None,
    )


def _word(text: str) -> str:
    word = text.rstrip()
    if not _WORD.fullmatch(word):
        raise InvalidInput(f"not a word: {word[:60]!r}")
    return word


def _source(text: str, name: str, version: str) -> tuple[str, str]:
    """`Source: name (version)`; both default to the binary's own."""
    if not text:
        return name, version
    match = _SOURCE.fullmatch(text.rstrip())
    if match is None:
        raise InvalidInput(f"not a Source field: {text[:80]!r}")
    return match[1], match[2] or version


def _where(stanza: bytes) -> str:
    """How to call the stanza in an error."""
    first = stanza.split(b"\n", 1)[0][:80].decode("utf-8", "replace")
    return f"Packages stanza {first!r}"
