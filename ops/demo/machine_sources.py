# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian archives this machine is configured to install from.

Only the component `main` is kept. Whether an entry really is Debian is decided later, by the
`Origin:` of its signed Release, never by the name of a host.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from ops.apt_sources import read_apt_sources
from snapshot.errors import ConfigurationError

_COMPONENT = "main"
_NAMES = ("stable", "oldstable", "oldoldstable")
_TAILS = ("", "-updates", "-security")


@dataclass(frozen=True, slots=True)
class MachineSource:
    """One suite at one place.

    Attributes:
        uri: As apt writes it; never interpreted here.
        suite: Such as `bookworm-updates`.
        signed_by: Keyring files or armored keys; empty for apt's default.
    """

    uri: str
    suite: str
    signed_by: tuple[str, ...] = ()

    def stanza(self) -> str:
        """The same source in deb822 form, for packages and sources of `main`."""
        lines = [
            "Types: deb deb-src",
            f"URIs: {self.uri}",
            f"Suites: {self.suite}",
            f"Components: {_COMPONENT}",
        ]
        if self.signed_by:
            lines.append(f"Signed-By: {_signed_by(self.signed_by)}")
        return "\n".join(lines) + "\n"


def machine_sources(codename: str, root: Path = Path("/")) -> tuple[MachineSource, ...]:
    """Read every source of `main` that belongs to this machine's release.

    Args:
        codename: Such as `bookworm`.
        root: Root directory of the system whose configuration is read.

    Returns:
        Without duplicates, in apt's order. Backports and other releases are left out, and so is
        what apt is told to trust without a signature.

    Raises:
        ConfigurationError: There is none.
    """
    wanted = {f"{name}{tail}" for name in (codename, *_NAMES) for tail in _TAILS}
    found: dict[tuple[str, str], MachineSource] = {}
    for source in read_apt_sources(root):
        if source.trusted or _COMPONENT not in source.components:
            continue
        for suite in wanted.intersection(source.suites):
            entry = MachineSource(source.uri, suite, source.signed_by)
            found.setdefault((source.uri, suite), entry)
    if not found:
        raise ConfigurationError(
            f"no apt source for {codename} {_COMPONENT} below {root / 'etc/apt'}",
            advice="add Debian's archive to the machine's apt sources",
        )
    return tuple(found[key] for key in sorted(found))


def _signed_by(values: tuple[str, ...]) -> str:
    if "BEGIN PGP" not in values[0]:
        return " ".join(values)
    lines = (line or "." for line in values[0].strip().splitlines())
    return "\n" + textwrap.indent("\n".join(lines), " ")
