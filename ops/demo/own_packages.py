# SPDX-License-Identifier: GPL-3.0-or-later
"""Enters packages that the demo made itself into its archive, as an archive's software would."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

from ops.demo.own_sources import source_stanza

if TYPE_CHECKING:
    from pathlib import Path

    from ops.demo.real_indices import Source

_ALGORITHMS = {"Files": "md5", "Checksums-Sha1": "sha1", "Checksums-Sha256": "sha256"}


def binary_stanza(deb: Path, path: str) -> bytes:
    """The Packages stanza of a .deb.

    Args:
        deb: The file.
        path: Where the archive keeps it.
    """
    control = subprocess.run(["dpkg-deb", "--field", str(deb)], capture_output=True, check=True)
    data = deb.read_bytes()
    lines = [
        f"Filename: {path}",
        f"Size: {len(data)}",
        f"MD5sum: {hashlib.md5(data, usedforsecurity=False).hexdigest()}",
        f"SHA256: {hashlib.sha256(data).hexdigest()}",
    ]
    return control.stdout.rstrip(b"\n") + b"\n" + "\n".join(lines).encode()


def pool_directory(source: str) -> str:
    """Where Debian keeps the files of a source."""
    initial = source[:4] if source.startswith("lib") else source[0]
    return f"pool/main/{initial}/{source}"


def own_source_stanza(dsc: Path) -> Source:
    """The Sources stanza of a source the demo packed."""
    data = dsc.read_bytes()
    checksums = {
        title: f"{hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()}"
        f" {len(data)} {dsc.name}"
        for title, algorithm in _ALGORITHMS.items()
    }
    return source_stanza(dsc, pool_directory(dsc.name.split("_")[0]), checksums)
