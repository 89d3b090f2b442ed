# SPDX-License-Identifier: GPL-3.0-or-later
"""Binary packages of a few bytes."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from collections.abc import Mapping
from pathlib import Path

import zstandard


def make_deb(
    path: Path,
    files: Mapping[str, bytes],
    *,
    control: str = "Package: tiny\nVersion: 1.0\nArchitecture: all\n",
    suffix: str = "xz",
    links: Mapping[str, str] | None = None,
) -> Path:
    """Write a package with the given content; returns its path."""
    dot = f".{suffix}" if suffix else ""
    members = {
        "debian-binary": b"2.0\n",
        f"control.tar{dot}": _packed(_tar({"./control": control.encode()}, {}), suffix),
        f"data.tar{dot}": _packed(_tar(files, links or {}), suffix),
    }
    data = b"!<arch>\n"
    for name, content in members.items():
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        data += head.encode() + content + b"\n" * (len(content) % 2)
    path.write_bytes(data)
    return path


def _tar(files: Mapping[str, bytes], links: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, target in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o644
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _packed(data: bytes, suffix: str) -> bytes:
    if suffix == "xz":
        return lzma.compress(data, preset=0)
    if suffix == "gz":
        return gzip.compress(data)
    if suffix == "zst":
        return zstandard.ZstdCompressor().compress(data)
    return data
