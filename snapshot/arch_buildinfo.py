# SPDX-License-Identifier: GPL-3.0-or-later
"""Arch Linux build records (.BUILDINFO, formats 0, 1 and 2): what they need.

Lines `key = value`; a repeated key is a list. Format 0 (before pacman 5.1) names no format
and its `installed` lines name no architecture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from snapshot.clearsign import MAX_SIZE
from snapshot.control import decode_control
from snapshot.errors import InvalidInput, Unsupported
from snapshot.installed_build_depends import MAX_DEPENDENCIES
from snapshot.need import Need
from snapshot.timestamp import Timestamp

#: Seconds since 1970, before the year 5138.
_SECONDS = re.compile(r"[0-9]{1,11}")


@dataclass(frozen=True, slots=True)
class ArchBuildInfo:
    """What makepkg recorded about one build.

    Attributes:
        format: 0, 1 or 2.
        name: Package name.
        base: Name of the source (PKGBUILD).
        version: `[epoch:]version-release`.
        architecture: `x86_64`, `any` …
        pkgbuild_sha256: Digest of the PKGBUILD, as written.
        build_date: When it was built.
        build_directory: Absolute directory of the build.
        installed: What was installed.
    """

    format: int
    name: str
    base: str
    version: str
    architecture: str
    pkgbuild_sha256: str
    build_date: Timestamp | None
    build_directory: str
    installed: tuple[Need, ...]

    @classmethod
    def parse(cls, data: bytes, *, name: str = ".BUILDINFO") -> ArchBuildInfo:
        """Read a record.

        Raises:
            InvalidInput: Oversized, binary, or without what it needs; with the line.
            Unsupported: A later format.
        """
        if len(data) > MAX_SIZE:
            raise InvalidInput(f"{name}: {len(data)} bytes, more than the {MAX_SIZE} accepted")
        pairs = _pairs(decode_control(data, name), name)
        first = {key: value for _, key, value in reversed(pairs)}
        version_of_format = first.get("format", "0")
        if version_of_format not in ("0", "1", "2"):
            line = next(line for line, key, _ in pairs if key == "format")
            raise Unsupported(
                f"{name}, line {line}: format {version_of_format[:20]!r}; 0, 1 and 2 are known"
            )
        needs = tuple(
            _need(value, f"{name}, line {line}", with_architecture=version_of_format != "0")
            for line, key, value in pairs
            if key == "installed"
        )
        if not needs or len(needs) > MAX_DEPENDENCIES:
            raise InvalidInput(f"{name}: {len(needs)} installed packages", advice="truncated?")
        date = first.get("builddate", "")
        return cls(
            format=int(version_of_format),
            name=_required(first, "pkgname", name),
            base=first.get("pkgbase") or _required(first, "pkgname", name),
            version=_required(first, "pkgver", name),
            architecture=first.get("pkgarch", ""),
            pkgbuild_sha256=first.get("pkgbuild_sha256sum", ""),
            build_date=Timestamp(int(date)) if _SECONDS.fullmatch(date) else None,
            build_directory=first.get("builddir", ""),
            installed=needs,
        )


def _pairs(text: str, name: str) -> list[tuple[int, str, str]]:
    """(line, key, value) in the record's order."""
    pairs = []
    for line, row in enumerate(text.split("\n"), start=1):
        if not row.strip() or row.startswith("#"):
            continue
        key, separator, value = row.partition(" = ")
        if not separator and not row.endswith(" ="):
            raise InvalidInput(f"{name}, line {line}: not `key = value`: {row[:80]!r}")
        pairs.append((line, key.removesuffix(" ="), value.strip()))
    return pairs


def _required(first: dict[str, str], key: str, name: str) -> str:
    if not first.get(key):
        raise InvalidInput(f"{name}: no {key}", advice="it is truncated, or another kind of file")
    return first[key]


def _need(text: str, where: str, *, with_architecture: bool) -> Need:
    """`name-version-release[-architecture]`; a name may hold dashes, a version may not."""
    parts = text.rsplit("-", 3 if with_architecture else 2)
    if len(parts) != (4 if with_architecture else 3) or not all(parts) or " " in text:
        raise InvalidInput(f"{where}: not an installed package: {text[:80]!r}")
    architecture = parts[3] if with_architecture else None
    return Need(parts[0], f"{parts[1]}-{parts[2]}", architecture)
