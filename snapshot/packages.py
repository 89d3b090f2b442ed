# SPDX-License-Identifier: GPL-3.0-or-later
"""Stanzas of a Packages index, read as bytes.

sid's index has 76,000 of them. A stanza is only parsed when it is new to the catalogue, and
then by one regular expression for the fields we use; a test holds the result equal to
python-debian's on a real index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from snapshot.digest import Checksums, Digest
from snapshot.errors import InvalidInput
from snapshot.pool_path import checked_pool_path

# It begins with the line end before a field and not with `^`: only so it is looked for at line
# ends, and not at each character.
_FIELD = re.compile(
    r"\n(Package|Version|Architecture|Source|Filename|Size|SHA256|SHA1|MD5sum):[ \t]*(.*)"
)
_ORDER = (
    "Package", "Version", "Architecture", "Source", "Filename", "Size", "SHA256", "SHA1", "MD5sum",
)  # fmt: skip
_NONE = ("",) * len(_ORDER)
#: The values of nearly every stanza, a line each: one look checks and cuts them all.
_USUAL = re.compile(
    r"([!-~]+)\n([!-~]+)\n([!-~]+)\n(?:([!-~]+)(?: \(([!-~]+)\))?)?\n"
    r"(pool(?:/[A-Za-z0-9][A-Za-z0-9+.~_:-]*){1,9})\n([0-9]{1,15})\n"
    r"([0-9a-f]{64})\n([0-9a-f]{40})?\n([0-9a-f]{32})?"
)
_SOURCE = re.compile(r"([!-~]+)(?:[ \t]+\(([!-~]+)\))?")
_WORD = re.compile(r"[!-~]+")


class BinaryFields(NamedTuple):
    """What `BinaryStanza` says, as text: an import reads some ten thousand and keeps rows.

    Attributes:
        name: Package name.
        version: Full version.
        architecture: As the package says.
        source: Name of its source package.
        source_version: Version of that.
        path: Where the file lies, relative to the archive's root.
        size: Bytes of the file.
        sha256: 64 lower-case hexadecimal digits; None before 2007.
        sha1: As it is written; recorded, never trusted.
        md5: As it is written; recorded, never trusted.
    """

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    path: str
    size: int
    sha256: str | None
    sha1: str | None
    md5: str | None


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
        read = read_binary_fields(stanza)
        sha256 = Digest(read.sha256) if read.sha256 else None
        checksums = Checksums(read.size, sha256, read.sha1, read.md5)
        return cls(*read[:6], checksums, stanza)

    def field(self, name: str) -> str:
        """Another field, folded to one line; empty when there is none."""
        pattern = rb"(?:\A|\n)%s:(.*(?:\n[ \t].*)*)" % re.escape(name.encode("ascii"))
        match = re.search(pattern, self.stanza, re.IGNORECASE)
        return " ".join(match[1].decode("utf-8", "replace").split()) if match else ""

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


def read_binary_fields(stanza: bytes) -> BinaryFields:
    """Read the fields that we use.

    Raises:
        InvalidInput: One that we need is missing or not what it must be; names the package as
            far as it is known.
    """
    try:
        found = dict(_FIELD.findall(f"\n{stanza.decode()}"))
    except UnicodeDecodeError:
        return _read_carefully(stanza, _fields_of_old(stanza))
    usual = _USUAL.fullmatch("\n".join(map(found.get, _ORDER, _NONE)))
    if usual is None:
        return _read_carefully(stanza, found)
    name, version, architecture, source, source_version, path, size, *digests = usual.groups()
    return BinaryFields(
        name, version, architecture, source or name, source_version or version, path, int(size),
        *digests,
    )  # fmt: skip


def _fields_of_old(stanza: bytes) -> dict[str, str]:
    """The fields of a stanza that is not UTF-8: descriptions and names of people were Latin-1.

    Raises:
        InvalidInput: A field that we need is not ASCII.
    """
    found = dict(_FIELD.findall(f"\n{stanza.decode('latin-1')}"))
    for name, value in found.items():
        if not value.isascii():
            raise InvalidInput(f"{_where(stanza)}: the field {name} is not UTF-8")
    return found


def _read_carefully(stanza: bytes, found: dict[str, str]) -> BinaryFields:
    """The same one after the other, for what is unusual or wrong."""
    try:
        name = _word(found["Package"])
        version = _word(found["Version"])
        source, source_version = _source(found.get("Source", ""), name, version)
        architecture = _word(found["Architecture"])
        path = checked_pool_path(found["Filename"].rstrip())
        sums = _checksums(found)
        sha256 = sums.sha256.hex if sums.sha256 else None
        return BinaryFields(
            name, version, architecture, source, source_version, path, sums.size, sha256,
            sums.sha1, sums.md5,
        )  # fmt: skip
    except KeyError as error:
        raise InvalidInput(f"{_where(stanza)}: the field {error.args[0]} is missing") from error
    except (ValueError, InvalidInput) as error:
        message = error.message if isinstance(error, InvalidInput) else str(error)
        raise InvalidInput(f"{_where(stanza)}: {message}") from error


def _checksums(found: dict[str, str]) -> Checksums:
    sha256 = found.get("SHA256")
    return Checksums(
        size=int(found["Size"]),
        sha256=Digest(sha256.strip().lower()) if sha256 else None,
        sha1=found.get("SHA1") or None,
        md5=found.get("MD5sum") or None,
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
