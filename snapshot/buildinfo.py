# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian build records (.buildinfo, deb-buildinfo(5), format 1).

The reader is our own because python-debian's raises on the backslashes that dpkg leaves in
`Environment`, and because a record comes from strangers: it is bounded, only its signed
text counts, and what would later become a path or an argument is refused here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snapshot.binary_only_changes import read_binary_only_changes
from snapshot.clearsign import MAX_SIZE, is_clearsigned, signed_part
from snapshot.control import Fields, read_fields
from snapshot.deb_version import checked_version
from snapshot.errors import InvalidInput, Unsupported
from snapshot.file_list import read_file_lists
from snapshot.installed_build_depends import MAX_DEPENDENCIES, read_installed
from snapshot.need import Need
from snapshot.pool_path import checked_file_name

if TYPE_CHECKING:
    from snapshot.digest import Checksums
    from snapshot.timestamp import Timestamp

_LISTS = {
    "sha256": ("Checksums-Sha256",),
    "sha1": ("Checksums-Sha1",),
    "md5": ("Checksums-Md5",),
}
_SOURCE = re.compile(r"([A-Za-z0-9][A-Za-z0-9+.-]*)(?: \(([^()\s]+)\))?")
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9-]*")
_VARIABLE = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)="(.*)"')
#: What devscripts refuses, because a build path reaches shells and sed in many packages.
_BAD_PATH = re.compile(r"['`$\\\"()<>#\x00-\x20\x7f]|(?:\A|/)\.\.(?:/|\Z)")


@dataclass(frozen=True, slots=True)
class ArtifactChecksum:
    """A file the recorded build produced.

    Attributes:
        name: Without a directory.
        checksums: Size and digests.
    """

    name: str
    checksums: Checksums


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """What a builder recorded about one build.

    Attributes:
        source: Source package name.
        source_version: Version of the source.
        version: Version of the binaries; differs after a binary-only rebuild.
        binaries: Names of the binary packages built.
        architectures: What was built: `amd64`, `all`, `source`.
        build_architecture: The machine's.
        host_architecture: The one built for; differs in a cross build.
        build_origin: Vendor, such as `Debian`.
        build_date: When the build ended.
        build_path: Absolute directory of the build, if recorded.
        binary_only_changes: The changelog entry of a binary-only rebuild, exactly.
        checksums: The files built, in the record's order.
        installed: What was installed, in the record's order.
        environment: Recorded environment variables, in the record's order.
        tainted_by: What the builder said about its own purity.
        signed: Whether it has the armour of a signature (which is not checked here).
    """

    source: str
    source_version: str
    version: str
    binaries: tuple[str, ...]
    architectures: tuple[str, ...]
    build_architecture: str
    host_architecture: str
    build_origin: str
    build_date: Timestamp | None
    build_path: str | None
    binary_only_changes: str | None
    checksums: tuple[ArtifactChecksum, ...]
    installed: tuple[Need, ...]
    environment: tuple[tuple[str, str], ...]
    tainted_by: tuple[str, ...]
    signed: bool

    @classmethod
    def parse(
        cls,
        data: bytes,
        *,
        name: str = ".buildinfo",
        max_size: int = MAX_SIZE,
        max_dependencies: int = MAX_DEPENDENCIES,
    ) -> BuildInfo:
        """Read a record; of a signed one, only the signed text.

        Args:
            data: The file as it was published.
            name: How to call it in errors.
            max_size: Most bytes accepted.
            max_dependencies: Most installed packages accepted.

        Raises:
            InvalidInput: Oversized, binary, truncated, or with a value that could leave its
                place (file names, build path); with the line and what to do.
            Unsupported: A later major format.
        """
        part = signed_part(data, name=name, limit=max_size)
        fields = read_fields(part.text, document=name, first_line=part.first_line)
        _check_format(fields)
        if not data.endswith(b"\n"):
            raise InvalidInput(
                f"{name}: does not end with a line end",
                advice="it is truncated: fetch it again, and post it with --data-binary",
            )
        version = fields.checked("Version", checked_version)
        source, source_version = fields.checked("Source", _source)
        architectures = fields.checked("Architecture", _architectures)
        build_architecture = fields.checked("Build-Architecture", _architecture)
        changes = fields.find("Binary-Only-Changes")
        return cls(
            source=source,
            source_version=source_version or version,
            version=version,
            binaries=tuple(fields.text("Binary").split()),
            architectures=architectures,
            build_architecture=build_architecture,
            host_architecture=_host_architecture(fields, architectures, build_architecture),
            build_origin=fields.text("Build-Origin"),
            build_date=fields.date("Build-Date"),
            build_path=_build_path(fields),
            binary_only_changes=(
                read_binary_only_changes(changes, document=name) if changes else None
            ),
            checksums=_checksums(fields),
            installed=read_installed(fields, max_dependencies),
            environment=_environment(fields),
            tainted_by=tuple(fields.text("Build-Tainted-By").split()),
            signed=is_clearsigned(data),
        )

    @property
    def build_kind(self) -> str:
        """For dpkg-buildpackage's `--build`: `any`, `all`, `any,all`; `source` if only that."""
        kinds = []
        if any(word not in ("all", "source") for word in self.architectures):
            kinds.append("any")
        if "all" in self.architectures:
            kinds.append("all")
        return ",".join(kinds) or "source"

    @property
    def source_need(self) -> Need:
        """The source package it was built from."""
        return Need(self.source, self.source_version, kind="source")


def _check_format(fields: Fields) -> None:
    field = fields.required("Format")
    if field.text.partition(".")[0] != "1" or field.text.endswith("-rpm"):
        raise Unsupported(
            f"{fields.document}, line {field.line}: Format {field.text[:20]!r}",
            advice="Debian build records have Format 1",
        )


def _source(text: str) -> tuple[str, str]:
    """Name and version; the latter is empty when it is the binaries' own."""
    match = _SOURCE.fullmatch(text)
    if match is None:
        raise InvalidInput(f"not `name` or `name (version)`: {text[:80]!r}")
    return match[1], checked_version(match[2]) if match[2] else ""


def _architecture(word: str) -> str:
    if not _ARCHITECTURE.fullmatch(word):
        raise InvalidInput(f"not an architecture: {word[:40]!r}")
    return word


def _architectures(text: str) -> tuple[str, ...]:
    return tuple(_architecture(word) for word in text.split())


def _host_architecture(fields: Fields, architectures: tuple[str, ...], build: str) -> str:
    """A record of dpkg has no such field; a cross build shows only in `Architecture`."""
    if "Host-Architecture" in fields:
        return fields.checked("Host-Architecture", _architecture)
    built = [word for word in architectures if word not in ("all", "source")]
    if len(built) > 1:
        raise InvalidInput(
            f"{fields.document}: built for several architectures: {' '.join(built)[:80]}",
            advice="a record describes one build for one architecture (and `all`)",
        )
    return built[0] if built else build


def _build_path(fields: Fields) -> str | None:
    field = fields.find("Build-Path")
    if field is None:
        return None
    path = field.text
    if not path.startswith("/") or _BAD_PATH.search(path) or len(path) > 1024:
        raise InvalidInput(
            f"{fields.document}, line {field.line}: a build path we refuse: {path[:120]!r}",
            advice="it must be absolute, without `..`, spaces and any of ' ` $ \\ \" ( ) < > #",
        )
    return path


def _checksums(fields: Fields) -> tuple[ArtifactChecksum, ...]:
    files = read_file_lists(fields, _LISTS, check=checked_file_name)
    if not files:
        raise InvalidInput(
            f"{fields.document}: no Checksums-Sha256, nothing to compare a rebuild with",
            advice="it is truncated, or another kind of file",
        )
    return tuple(ArtifactChecksum(name, checksums) for name, checksums in files.items())


def _environment(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Undo what dpkg escapes, which is the quote alone; a backslash stands for itself."""
    field = fields.find("Environment")
    found: dict[str, str] = {}
    for line, text in field.rows() if field else ():
        match = _VARIABLE.fullmatch(text)
        if match is None or match[1] in found:
            raise InvalidInput(
                f'{fields.document}, line {line}: not one KEY="value": {text[:80]!r}'
            )
        found[match[1]] = match[2].replace('\\"', '"')
    return tuple(found.items())
