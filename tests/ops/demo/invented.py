# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from ops.demo.private_apt import Package
from ops.demo.real_indices import RealIndices
from snapshot.errors import NotFound

_SUMS = "0" * 64


def binary(name: str, version: str, *, source: str = "", arch: str = "all", more: str = "") -> str:
    """One stanza of a Packages index."""
    origin = f"Source: {source}\n" if source else ""
    return (
        f"Package: {name}\n{origin}Version: {version}\nArchitecture: {arch}\n{more}"
        f"Filename: pool/main/{name[0]}/{name}/{name}_{version}_{arch}.deb\nSize: 1\n"
        f"SHA256: {_SUMS}\n"
    )


def source(name: str, version: str, *, binaries: str = "", size: int = 10) -> str:
    """One stanza of a Sources index."""
    return (
        f"Package: {name}\nBinary: {binaries or name}\nVersion: {version}\nFormat: 1.0\n"
        f"Checksums-Sha256:\n {_SUMS} {size} {name}.dsc\nDirectory: pool/main/{name[0]}/{name}\n"
    )


def indices(folder: Path, packages: list[str], sources: list[str]) -> RealIndices:
    """Indices of these stanzas."""
    folder.mkdir(exist_ok=True)
    (folder / "Packages").write_text("\n".join(packages))
    (folder / "Sources").write_text("\n".join(sources))
    return RealIndices([folder / "Packages"], [folder / "Sources"])


class InventedApt:
    """Answers of apt, given beforehand."""

    def __init__(self, chroot: dict[str, str], builds: dict[str, dict[str, str]]) -> None:
        self._chroot = chroot
        self._builds = builds

    def closure(self, packages: list[str]) -> frozenset[Package]:
        return _packages(self._chroot)

    def build_closure(self, source: str) -> frozenset[Package]:
        if source not in self._builds:
            raise NotFound(source)
        return _packages(self._chroot | self._builds[source])


def _packages(versions: dict[str, str]) -> frozenset[Package]:
    return frozenset(Package(name, version, "all") for name, version in versions.items())
