# SPDX-License-Identifier: GPL-3.0-or-later
"""Build records of the made-up packages in `tests.small_archive`."""

from __future__ import annotations

from collections.abc import Sequence

from snapshot.digest import Digest
from tests.small_archive import Deb, Source


def small_record(
    source: Source, built: Sequence[Deb], installed: Sequence[Deb], *, date: str = ""
) -> bytes:
    """The .buildinfo of a build of these, with those installed."""
    checksums = "".join(
        f"\n {Digest.of(deb.data)} {len(deb.data)} {deb.path.rpartition('/')[2]}" for deb in built
    )
    dependencies = "".join(
        f"\n {deb.name} (= {deb.version})" + ("," if deb is not installed[-1] else "")
        for deb in installed
    )
    return (
        f"Format: 1.0\nSource: {source.name}\nBinary: {' '.join(deb.name for deb in built)}\n"
        f"Architecture: amd64\nVersion: {source.version}\n"
        f"Checksums-Sha256:{checksums}\nBuild-Origin: Test\nBuild-Architecture: amd64\n"
        f"Build-Date: {date or 'Sat, 11 Jul 2026 12:00:00 +0000'}\n"
        f"Installed-Build-Depends:{dependencies}\n"
    ).encode()
