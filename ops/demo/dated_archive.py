# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an archive with several dates, in the shape Debian and its snapshot service have.

`archive/<name>/<timestamp>/dists/<suite>/…` for each date and one pool for all of them. As in
Debian: Release files name MD5 and SHA-256 only, indices lie there as .xz and .gz and by hash, the
plain index is named but not there, and packages for all architectures are listed twice.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ops.demo.throwaway_key import ThrowawayKey
    from snapshot.timestamp import Timestamp

_ALL = re.compile(rb"^Architecture: all$", re.MULTILINE)
_PACKAGE = re.compile(rb"^Package: (.*)$", re.MULTILINE)
COMPONENT = "main"


@dataclass(frozen=True, slots=True)
class Contents:
    """What one date lists.

    Attributes:
        packages: Stanzas without the empty line after them.
        sources: The same for source packages.
    """

    packages: frozenset[bytes]
    sources: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class ArchiveNames:
    """How the archive calls itself.

    Attributes:
        archive: Name on the dated service.
        codename: Also the suite's directory below `dists/`.
        architecture: The one architecture beside `all`.
    """

    archive: str
    codename: str
    architecture: str


class DatedArchive:
    """The tree being written.

    Args:
        www: What the HTTP server will show.
        names: How the archive calls itself.
        key: Signs each Release.
    """

    def __init__(self, www: Path, names: ArchiveNames, key: ThrowawayKey) -> None:
        self._root = www / "archive" / names.archive
        self._names = names
        self._key = key
        (self._root / "pool").mkdir(parents=True, exist_ok=True)

    def place(self, files: Mapping[str, Path]) -> None:
        """Put files into the pool, linked where the file system allows it.

        Args:
            files: Path inside the archive (`pool/…`) to where the bytes are.
        """
        for path, origin in files.items():
            target = self._root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                try:
                    os.link(origin, target)
                except OSError:
                    shutil.copy2(origin, target)

    def write_date(self, date: Timestamp, contents: Contents) -> None:
        """Write and sign the indices of one date."""
        run = self._root / str(date)
        dist = run / "dists" / self._names.codename
        binary = sorted(contents.packages, key=_name)
        independent = [stanza for stanza in binary if _ALL.search(stanza)]
        indices = {
            f"{COMPONENT}/binary-{self._names.architecture}/Packages": binary,
            f"{COMPONENT}/binary-all/Packages": independent,
            f"{COMPONENT}/source/Sources": sorted(contents.sources, key=_name),
        }
        named: dict[str, bytes] = {}
        for path, stanzas in indices.items():
            plain = b"".join(stanza + b"\n\n" for stanza in stanzas)
            named[path] = plain
            named[f"{path}.gz"] = gzip.compress(plain, mtime=0)
            # It goes over loopback only: nobody gains by a smaller one.
            named[f"{path}.xz"] = lzma.compress(plain, preset=0)
            named[f"{path.rpartition('/')[0]}/Release"] = self._section(path)
            for suffix in (".gz", ".xz"):
                _write_by_hash(dist, path + suffix, named[path + suffix])
        for path, data in named.items():
            if path not in indices:
                _write(dist / path, data)
        release = self._release(date, named)
        _write(dist / "Release", release)
        _write(dist / "Release.gpg", self._key.detach(release))
        _write(dist / "InRelease", self._key.clearsign(release))
        (run / "pool").symlink_to("../pool")
        for file in (*dist.rglob("*"), dist):
            os.utime(file, (date.epoch, date.epoch))

    def _section(self, path: str) -> bytes:
        architecture = path.split("/")[1].removeprefix("binary-")
        return (
            f"Archive: {self._names.codename}\nOrigin: Debian\nLabel: Debian\n"
            f"Acquire-By-Hash: yes\nComponent: {COMPONENT}\nArchitecture: {architecture}\n"
        ).encode()

    def _release(self, date: Timestamp, files: Mapping[str, bytes]) -> bytes:
        lines = [
            "Origin: Debian",
            "Label: Debian",
            f"Suite: {self._names.codename}",
            f"Codename: {self._names.codename}",
            f"Date: {date.datetime():%a, %d %b %Y %H:%M:%S} UTC",
            "Acquire-By-Hash: yes",
            "No-Support-for-Architecture-all: Packages",
            f"Architectures: all {self._names.architecture}",
            f"Components: {COMPONENT}",
            "Description: packages of Debian, arranged and signed by the dejabuild demo",
        ]
        for title, algorithm in (("MD5Sum", "md5"), ("SHA256", "sha256")):
            lines.append(f"{title}:")
            for path in sorted(files):
                digest = hashlib.new(algorithm, files[path], usedforsecurity=False).hexdigest()
                lines.append(f" {digest} {len(files[path]):8} {path}")
        return ("\n".join(lines) + "\n").encode()


def _name(stanza: bytes) -> bytes:
    match = _PACKAGE.search(stanza)
    return match[1] if match else stanza


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_by_hash(dist: Path, path: str, data: bytes) -> None:
    folder = dist / path.rpartition("/")[0] / "by-hash"
    _write(folder / "SHA256" / hashlib.sha256(data).hexdigest(), data)
    _write(folder / "MD5Sum" / hashlib.md5(data, usedforsecurity=False).hexdigest(), data)
