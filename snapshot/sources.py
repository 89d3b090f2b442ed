# SPDX-License-Identifier: GPL-3.0-or-later
"""Stanzas of a Sources index: a source package and its files."""

from __future__ import annotations

from dataclasses import dataclass

from snapshot.control import Fields, read_fields
from snapshot.digest import Checksums
from snapshot.errors import InvalidInput
from snapshot.file_list import read_file_lists
from snapshot.pool_path import checked_file_name, safe_relative_path

#: What says which source package it is, and which files it has.
_USED = (
    "Package", "Version", "Directory", "Binary", "Architecture", "Format",
    "Files", "Checksums-Sha1", "Checksums-Sha256",
)  # fmt: skip
FILE_LISTS = {"sha256": ("Checksums-Sha256",), "sha1": ("Checksums-Sha1",), "md5": ("Files",)}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source package.

    Attributes:
        name: Without a directory.
        checksums: Size and digests.
    """

    name: str
    checksums: Checksums


@dataclass(frozen=True, slots=True)
class SourceStanza:
    """One source package of an index.

    Attributes:
        name: Source package name.
        version: Full version.
        directory: Where its files lie, relative to the archive's root.
        files: The .dsc and what it names.
        binaries: Names of the binary packages it may build.
        architectures: As written: `any`, `all`, `linux-any` …
        format: Such as `3.0 (quilt)`.
    """

    name: str
    version: str
    directory: str
    files: tuple[SourceFile, ...]
    binaries: tuple[str, ...]
    architectures: tuple[str, ...]
    format: str

    @classmethod
    def parse(cls, stanza: bytes) -> SourceStanza:
        """Read one stanza.

        Raises:
            InvalidInput: Names the package and what is missing or wrong.
        """
        fields = read_source_fields(stanza)
        return cls(
            name=fields.required("Package").text,
            version=fields.required("Version").text,
            directory=fields.checked("Directory", _directory),
            files=read_source_files(fields),
            binaries=split_commas(fields.text("Binary")),
            architectures=tuple(fields.text("Architecture").split()),
            format=fields.text("Format"),
        )

    def path_of(self, file: SourceFile) -> str:
        """Where the file lies, relative to the archive's root."""
        return file.name if self.directory == "." else f"{self.directory}/{file.name}"

    @property
    def dsc(self) -> SourceFile | None:
        """The file that describes the others."""
        return next((file for file in self.files if file.name.endswith(".dsc")), None)


def read_source_fields(stanza: bytes) -> Fields:
    """The fields of one stanza.

    Names of people in old indices are Latin-1. Such a stanza is read as that, if what names the
    package and its files is ASCII.

    Raises:
        InvalidInput: Not a stanza; names its first line.
    """
    first = stanza.split(b"\n", 1)[0][:80].decode("utf-8", "replace")
    document = f"Sources stanza {first!r}"
    try:
        stanza.decode()
    except UnicodeDecodeError:
        fields = read_fields(stanza.decode("latin-1").encode(), document=document)
        for field in filter(None, map(fields.find, _USED)):
            if not "".join(field.lines).isascii():
                place = f"{document}, line {field.line}: {field.name}"
                raise InvalidInput(f"{place}: not UTF-8") from None
        return fields
    return read_fields(stanza, document=document)


def _directory(text: str) -> str:
    """A safe path, or the root of a flat archive."""
    return text if text == "." else safe_relative_path(text)


def read_source_files(fields: Fields) -> tuple[SourceFile, ...]:
    """The files of a Sources stanza or a .dsc.

    Raises:
        InvalidInput: No list, or a name with a directory.
    """
    files = read_file_lists(fields, FILE_LISTS, check=checked_file_name)
    if not files:
        raise InvalidInput(f"{fields.document}: no list of files", advice="it is truncated")
    return tuple(SourceFile(name, checksums) for name, checksums in files.items())


def split_commas(text: str) -> tuple[str, ...]:
    """The words of a comma separated field."""
    return tuple(word for part in text.split(",") if (word := part.strip()))
