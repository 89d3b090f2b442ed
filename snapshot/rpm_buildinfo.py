# SPDX-License-Identifier: GPL-3.0-or-later
"""RPM build records (formats `0.2-rpm`, `0.3-rpm`, `1.0-rpm`): what they need.

Fields like Debian's, unsigned, without digests of what was built. Installed packages are
written `[epoch:]name-version-release.architecture`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from snapshot.clearsign import MAX_SIZE
from snapshot.control import Fields, read_fields
from snapshot.errors import InvalidInput, Unsupported
from snapshot.installed_build_depends import MAX_DEPENDENCIES
from snapshot.need import Need
from snapshot.timestamp import Timestamp

_FORMATS = ("0.2-rpm", "0.3-rpm", "1.0-rpm")
_NEVRA = re.compile(r"(?:([0-9]+):)?([!-~]+)-([^-\s]+)-([^-\s]+)\.([A-Za-z0-9_]+|\(none\))")


@dataclass(frozen=True, slots=True)
class RpmBuildInfo:
    """What was recorded about one build.

    Attributes:
        format: Such as `0.3-rpm`.
        source: Name of the source package.
        version: `[epoch:]version-release`.
        architecture: `x86_64`, `noarch`, `src`.
        build_architecture: The machine's.
        build_origin: ID of the distribution, such as `fedora`.
        build_date: When it was built.
        build_path: Directory of the build.
        installed: What was installed; keys that RPM lists as packages are left out.
    """

    format: str
    source: str
    version: str
    architecture: str
    build_architecture: str
    build_origin: str
    build_date: Timestamp | None
    build_path: str
    installed: tuple[Need, ...]

    @classmethod
    def parse(cls, data: bytes, *, name: str = ".buildinfo") -> RpmBuildInfo:
        """Read a record.

        Raises:
            InvalidInput: Oversized, binary, truncated, or with a line that is no package.
            Unsupported: Another format.
        """
        if len(data) > MAX_SIZE:
            raise InvalidInput(f"{name}: {len(data)} bytes, more than the {MAX_SIZE} accepted")
        fields = read_fields(data, document=name)
        field = fields.required("Format")
        text = field.text
        if text not in _FORMATS:
            raise Unsupported(
                f"{name}, line {field.line}: format {text[:20]!r}", advice=f"known: {_FORMATS}"
            )
        epoch = fields.text("Epoch")
        version = f"{fields.required('Version').text}-{fields.required('Release').text}"
        return cls(
            format=text,
            source=fields.required("Source").text,
            version=f"{epoch}:{version}" if epoch.isdecimal() else version,
            architecture=fields.text("Architecture"),
            build_architecture=fields.required("Build-Architecture").text,
            build_origin=fields.text("Build-Origin"),
            build_date=fields.date("Build-Date"),
            build_path=fields.text("Build-Path"),
            installed=_installed(fields),
        )


def _installed(fields: Fields) -> tuple[Need, ...]:
    needs = []
    for line, text in fields.required("Installed-Build-Depends").rows():
        match = _NEVRA.fullmatch(text)
        if match is None:
            raise InvalidInput(
                f"{fields.document}, line {line}: not an installed package: {text[:80]!r}",
                advice="expected `[epoch:]name-version-release.architecture`",
            )
        epoch, name, version, release, architecture = match.groups()
        if name == "gpg-pubkey":
            continue
        full = f"{epoch}:{version}-{release}" if epoch else f"{version}-{release}"
        needs.append(Need(name, full, architecture))
    if len(needs) > MAX_DEPENDENCIES:
        raise InvalidInput(f"{fields.document}: more than {MAX_DEPENDENCIES} installed packages")
    return tuple(needs)
