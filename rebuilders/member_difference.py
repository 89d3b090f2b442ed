# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members of two packages differ, told without any tool but the standard library."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

_MAGIC = b"!<arch>\n"
_LIMIT = 512 * 1024 * 1024
_SHOWN = 200
_DAMAGED = (
    ValueError,
    EOFError,
    OSError,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    zstandard.ZstdError,
)


def describe_members(original: Path, rebuilt: Path) -> str:
    """Lines `- member …` and `+ member …` of what differs, for .deb files; sizes for others."""
    sides = []
    for path in (original, rebuilt):
        try:
            sides.append(dict(_members(path)))
        except _DAMAGED as error:
            sides.append({f"(unreadable: {error})": str(path.stat().st_size)})
    old, new = sides
    lines = []
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            if name in old:
                lines.append(f"- {name} {old[name]}")
            if name in new:
                lines.append(f"+ {name} {new[name]}")
    if len(lines) > _SHOWN:
        lines[_SHOWN:] = [f"… and {len(lines) - _SHOWN} lines more"]
    return "\n".join(lines or ["the members are the same; their packing differs"]) + "\n"


def _members(path: Path) -> Iterator[tuple[str, str]]:
    with path.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            yield "file", f"{path.stat().st_size} bytes"
            return
        while header := stream.read(60):
            name = header[:16].decode("ascii", "replace").strip().rstrip("/")
            size = int(header[48:58])
            # A reader takes the memory for what it is asked for before it looks.
            if not 0 <= size <= path.stat().st_size - stream.tell():
                raise ValueError(f"a member of {size:,} bytes, more than there are")
            data = stream.read(size)
            stream.read(size % 2)
            if ".tar" in name:
                yield from _entries(name.partition(".")[0], _unpacked(name, data))
            else:
                yield name, hashlib.sha256(data).hexdigest()


def _entries(prefix: str, data: bytes) -> Iterator[tuple[str, str]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            words = f"{member.mode:04o} {member.uid}:{member.gid} mtime {int(member.mtime)}"
            if member.isreg() and (stream := archive.extractfile(member)) is not None:
                content = stream.read()
                words += f" {len(content)} bytes sha256 {hashlib.sha256(content).hexdigest()}"
            elif member.issym() or member.islnk():
                words += f" -> {member.linkname}"
            yield f"{prefix}:{member.name}", words


def _unpacked(name: str, data: bytes) -> bytes:
    suffix = name.rpartition(".")[2]
    if suffix in ("xz", "lzma"):
        unpacked = lzma.LZMADecompressor().decompress(data, _LIMIT)
    elif suffix == "zst":
        unpacked = zstandard.ZstdDecompressor().stream_reader(data).read(_LIMIT)
    elif suffix == "gz":
        unpacked = gzip.GzipFile(fileobj=io.BytesIO(data)).read(_LIMIT)
    elif suffix == "bz2":
        unpacked = bz2.BZ2Decompressor().decompress(data, _LIMIT)
    else:
        unpacked = data
    if len(unpacked) >= _LIMIT:
        raise ValueError(f"{name} is larger than {_LIMIT} bytes")
    return unpacked
