# SPDX-License-Identifier: GPL-3.0-or-later
"""A dated suite of real packages, as the server lays it out, for apt to resolve in."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tests.rebuilders.real_packages import Deb


def lay_out(folder: Path, archive: str, timestamp: str, debs: Iterable[Deb]) -> None:
    """Write `dists/bookworm` with `main` for amd64; packages are fetched by digest."""
    dists = folder / archive / timestamp / "dists/bookworm"
    index = dists / "main/binary-amd64/Packages"
    index.parent.mkdir(parents=True)
    data = "\n".join(map(_stanza, debs)).encode()
    index.write_bytes(data)
    (dists / "Release").write_text(
        "Origin: Debian\nLabel: Debian\nSuite: stable\nCodename: bookworm\n"
        "Date: Sat, 11 Jul 2026 10:16:37 UTC\nValid-Until: Sat, 18 Jul 2026 10:16:37 UTC\n"
        "Architectures: amd64\nComponents: main\nSHA256:\n"
        f" {hashlib.sha256(data).hexdigest()} {len(data)} main/binary-amd64/Packages\n"
    )


@cache
def _stanza(deb: Deb) -> str:
    control = subprocess.run(
        ["dpkg-deb", "--field", str(deb.path)], capture_output=True, text=True, check=True
    ).stdout
    return (
        f"{control}Filename: pool/main/{deb.path.name}\nSize: {deb.path.stat().st_size}\n"
        f"SHA256: {deb.member.digest}\n"
    )
