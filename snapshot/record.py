# SPDX-License-Identifier: GPL-3.0-or-later
"""A build record of any distribution: which kind it is, and what it needs.

A new distribution adds a reader module and one line in `READERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from snapshot.arch_buildinfo import ArchBuildInfo
from snapshot.buildinfo import BuildInfo
from snapshot.clearsign import MAX_SIZE, is_clearsigned
from snapshot.environment import Kind
from snapshot.errors import InvalidInput
from snapshot.installed_build_depends import MAX_DEPENDENCIES
from snapshot.need import Need
from snapshot.rpm_buildinfo import RpmBuildInfo
from snapshot.timestamp import Timestamp


@dataclass(frozen=True, slots=True)
class Record:
    """What every build record says, whatever its format.

    Attributes:
        kind: Which package manager installs its environment.
        source: Source package name.
        source_version: Version of the source.
        version: Version of what was built.
        build_architecture: The machine's; what a need without an architecture means.
        build_date: When it was built.
        needs: What was installed.
        signed: Whether it has the armour of a signature (which is not checked here).
        detail: The record as its own format has it.
    """

    kind: Kind
    source: str
    source_version: str
    version: str
    build_architecture: str
    build_date: Timestamp | None
    needs: tuple[Need, ...]
    signed: bool
    detail: BuildInfo | ArchBuildInfo | RpmBuildInfo

    @property
    def file_name(self) -> str:
        """The name it would have in a pool; records that are posted have none of their own."""
        version = self.version.partition(":")[2] or self.version
        words = self.detail.architectures if isinstance(self.detail, BuildInfo) else ()
        native = [word for word in words if word not in ("all", "source")]
        return f"{self.source}_{version}_{native[0] if native else 'all'}.buildinfo"


def read_record(
    data: bytes,
    name: str = "build record",
    *,
    limit: int = MAX_SIZE,
    most_needs: int = MAX_DEPENDENCIES,
) -> Record:
    """Recognise a record by its content and read it.

    Args:
        data: The file.
        name: How to call it in errors.
        limit: Most bytes accepted.
        most_needs: Most installed packages accepted.

    Raises:
        InvalidInput: None of the known formats, or a broken one; with the line.
        Unsupported: A later version of a known format.
    """
    if len(data) > limit:
        raise InvalidInput(
            f"{name}: {len(data)} bytes, more than the {limit} accepted",
            advice="send the record itself, not a package or a log",
        )
    for recognise, read in READERS:
        if not recognise(data):
            continue
        record = read(data, name)
        if len(record.needs) > most_needs:
            raise InvalidInput(
                f"{name}: {len(record.needs)} installed packages, more than the {most_needs} "
                "accepted"
            )
        return record
    raise InvalidInput(
        f"{name}: not a build record",
        advice="expected a Debian .buildinfo, an Arch .BUILDINFO or an RPM buildinfo",
    )


def _matches(pattern: bytes, word: bytes = b"") -> Callable[[bytes], bool]:
    """A test for a line near the beginning; most documents are told by a word of it at once."""
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda data: word in data and compiled.search(data[: 1 << 16]) is not None


def _is_arch(data: bytes) -> bool:
    return _ARCH(data) and not is_clearsigned(data)


def _read_debian(data: bytes, name: str) -> Record:
    info = BuildInfo.parse(data, name=name)
    return Record(
        kind="deb",
        source=info.source,
        source_version=info.source_version,
        version=info.version,
        build_architecture=info.build_architecture,
        build_date=info.build_date,
        needs=info.installed,
        signed=info.signed,
        detail=info,
    )


def _read_arch(data: bytes, name: str) -> Record:
    info = ArchBuildInfo.parse(data, name=name)
    return Record(
        kind="arch",
        source=info.base,
        source_version=info.version,
        version=info.version,
        build_architecture=info.architecture,
        build_date=info.build_date,
        needs=info.installed,
        signed=False,
        detail=info,
    )


def _read_rpm(data: bytes, name: str) -> Record:
    info = RpmBuildInfo.parse(data, name=name)
    return Record(
        kind="rpm",
        source=info.source,
        source_version=info.version,
        version=info.version,
        build_architecture=info.build_architecture,
        build_date=info.build_date,
        needs=info.installed,
        signed=False,
        detail=info,
    )


_ARCH = _matches(rb"^(?:format = [0-9]+|pkgname = .*|installed = .*)$", b" = ")

#: How each format is recognised, and its reader; the first that matches reads.
READERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, str], Record]], ...] = (
    (_matches(rb"^Format: *[0-9.]+-rpm[ \t]*\r?$", b"-rpm"), _read_rpm),
    (_is_arch, _read_arch),
    (_matches(rb"^(?:Format|Source|Installed-Build-Depends):"), _read_debian),
)
