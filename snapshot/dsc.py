# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of a source package (.dsc)."""

from __future__ import annotations

from dataclasses import dataclass

from snapshot.clearsign import is_clearsigned, signed_part
from snapshot.control import read_fields
from snapshot.deb_version import checked_version
from snapshot.sources import SourceFile, read_source_files, split_commas


@dataclass(frozen=True, slots=True)
class Dsc:
    """A source package as its maintainer described it.

    Attributes:
        source: Source package name.
        version: Full version.
        format: Such as `3.0 (quilt)`.
        files: What belongs to it, without the .dsc itself.
        binaries: Names of the binary packages it may build.
        architectures: As written: `any`, `all`, `linux-any` …
        build_depends: `Build-Depends`, as written, folded to one line.
        build_depends_arch: `Build-Depends-Arch`, likewise.
        build_depends_indep: `Build-Depends-Indep`, likewise.
        signed: Whether it has the armour of a signature (which is not checked here).
    """

    source: str
    version: str
    format: str
    files: tuple[SourceFile, ...]
    binaries: tuple[str, ...]
    architectures: tuple[str, ...]
    build_depends: str
    build_depends_arch: str
    build_depends_indep: str
    signed: bool

    @classmethod
    def parse(cls, data: bytes, *, name: str = ".dsc") -> Dsc:
        """Read a .dsc; only the signed text of a signed one counts.

        Raises:
            InvalidInput: Truncated, binary, oversized, or with a file outside its directory.
        """
        part = signed_part(data, name=name)
        fields = read_fields(part.text, document=name, first_line=part.first_line)
        return cls(
            source=fields.required("Source").text,
            version=fields.checked("Version", checked_version),
            format=fields.text("Format"),
            files=read_source_files(fields),
            binaries=split_commas(fields.text("Binary")),
            architectures=tuple(fields.text("Architecture").split()),
            build_depends=fields.text("Build-Depends"),
            build_depends_arch=fields.text("Build-Depends-Arch"),
            build_depends_indep=fields.text("Build-Depends-Indep"),
            signed=is_clearsigned(data),
        )
