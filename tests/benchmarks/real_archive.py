# SPDX-License-Identifier: GPL-3.0-or-later
"""A signed archive of real packages, taken by apt from where this machine gets its own.

The packages are kept below the user's cache directory (`DEJABUILD_CACHE`), 0.6 GB of them. The
indices are Debian's own stanzas; the Release over them is signed by a key of this run.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import platform
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote

from ops.demo.cache import default_cache
from ops.demo.machine_sources import machine_sources
from ops.demo.private_apt import Package, PrivateApt
from tests.openpgp import ThrowawayKey

#: How many packages, and how large each: together about 600 MB.
COUNT = 690
SMALLEST, LARGEST = 28_000, 20_000_000
AT_LEAST = 600
SUITE = "bookworm"
#: Files look as if they had been there for a while, as they do on a mirror.
OLD = 1_780_000_000

_FIELDS = re.compile(rb"^(Package|Version|Architecture|Filename|Size|SHA256): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Stanza:
    """One package of an index.

    Attributes:
        text: The archive's own bytes, without the empty line after them.
        fields: Those that matter here.
    """

    text: bytes
    fields: Mapping[str, str]

    @classmethod
    def read(cls, text: bytes) -> Stanza:
        return cls(text, {k.decode(): v.decode() for k, v in _FIELDS.findall(text)})

    @property
    def size(self) -> int:
        return int(self.fields["Size"])


def cache_place() -> Path:
    """Where packages are kept between runs."""
    place = default_cache(os.environ).parent / "bench"
    place.mkdir(parents=True, exist_ok=True)
    return place


def machine_packages(place: Path) -> tuple[PrivateApt, Path]:
    """apt over the machine's own sources, and its verified Packages of `main`."""
    codename = platform.freedesktop_os_release()["VERSION_CODENAME"]
    sources = machine_sources(codename)
    apt = PrivateApt(place / "apt", "bench", sources)
    print("asking this machine's apt sources for their indices", flush=True)
    apt.update()
    found = [
        index.path
        for index in apt.indices()
        if index.kind == "Packages" and index.metakey.startswith("main/binary-")
    ]
    return apt, max(found, key=lambda path: path.stat().st_size)


def choose(index: bytes) -> list[Stanza]:
    """The same packages each time, of all sizes: in the order of the digests of their names."""
    keyed = []
    for text in index.split(b"\n\n"):
        name = re.match(rb"Package: (.*)", text.strip())
        if name:
            keyed.append((hashlib.sha256(name[1]).digest(), text.strip()))
    chosen: list[Stanza] = []
    for _, text in sorted(keyed):
        stanza = Stanza.read(text)
        if SMALLEST < stanza.size <= LARGEST:
            chosen.append(stanza)
        if len(chosen) == COUNT:
            break
    return chosen


def real_packages() -> tuple[list[tuple[Stanza, Path]], bytes]:
    """Downloaded packages with their stanzas, and the whole index they were chosen from."""
    place = cache_place()
    apt, path = machine_packages(place)
    whole = path.read_bytes()
    files = place / "files"
    chosen = choose(whole)
    lacking = [one for one in chosen if not (files / one.fields["SHA256"]).exists()]
    if lacking:
        size = sum(one.size for one in lacking)
        print(f"downloading {len(lacking)} packages, {size / 1e6:.0f} MB, by apt", flush=True)
        _download(apt, lacking, place / "incoming", files)
    here = [(one, files / one.fields["SHA256"]) for one in chosen]
    here = [(one, file) for one, file in here if file.exists()]
    assert len(here) >= AT_LEAST, f"apt could bring only {len(here)} packages"
    return here, whole


def _download(apt: PrivateApt, lacking: Sequence[Stanza], incoming: Path, files: Path) -> None:
    files.mkdir(exist_ok=True)
    wanted = {
        (one.fields["Package"], one.fields["Version"]): one.fields["SHA256"] for one in lacking
    }
    packages = [
        Package(one.fields["Package"], one.fields["Version"], one.fields["Architecture"])
        for one in lacking
    ]
    for start in range(0, len(packages), 50):
        apt.download(packages[start : start + 50], incoming)
        for path in incoming.glob("*.deb"):
            name, version, _ = path.name.rsplit("_", 2)
            digest = wanted[name, unquote(version)]
            assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
            path.replace(files / digest)


class RealArchive:
    """A suite `bookworm` below `<root>/debian`, signed anew with each change.

    Args:
        root: Document root for a web server.
        key: Signs.
    """

    def __init__(self, root: Path, key: ThrowawayKey) -> None:
        self.root = root
        self._key = key
        self._base = root / "debian"
        self.paths: list[str] = []
        self.size = 0
        self._published = 0

    def link(self, packages: Sequence[tuple[Stanza, Path]]) -> None:
        """Give package files their names in the pool; they are links to the cache."""
        for stanza, file in packages:
            path = self._base / stanza.fields["Filename"]
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_symlink():
                path.symlink_to(file)
            os.utime(file, (OLD, OLD))
        self.paths = [stanza.fields["Filename"] for stanza, _ in packages]
        self.size = sum(stanza.size for stanza, _ in packages)

    def publish(self, index: bytes, *, packings: Sequence[str] = ("", ".gz", ".xz")) -> None:
        """Sign a suite with one index, newer than the one before."""
        dists = self._base / "dists" / SUITE
        members: dict[str, bytes] = {}
        pack: dict[str, Callable[[bytes], bytes]] = {
            "": lambda data: data,
            ".gz": lambda data: gzip.compress(data, 1, mtime=0),
            ".xz": lambda data: lzma.compress(data, preset=0),
        }
        for suffix in packings:
            members[f"main/binary-amd64/Packages{suffix}"] = pack[suffix](index)
        for path, data in members.items():
            by_hash = (dists / path).parent / "by-hash/SHA256" / _sha256(data)
            for place in (dists / path, by_hash):
                _write(place, data)
        self._published += 1
        # Its own time: nginx makes an ETag of time and length, and those of two may be as long.
        date = OLD + 3600 * self._published
        text = _release(members, date)
        _write(dists / "Release", text, date)
        _write(dists / "Release.gpg", self._key.detached(text), date)
        _write(dists / "InRelease", self._key.inline(text), date)


def index_of(stanzas: Sequence[Stanza]) -> bytes:
    """A Packages file."""
    return b"".join(stanza.text + b"\n\n" for stanza in stanzas)


def repacked(
    packages: Sequence[tuple[Stanza, Path]], share: int, into: Path
) -> list[tuple[Stanza, Path]]:
    """Every so many-th package in a newer version: the same .deb with a member more."""
    into.mkdir(parents=True, exist_ok=True)
    return [
        _newer(stanza, file, into) if number % share == 0 else (stanza, file)
        for number, (stanza, file) in enumerate(packages)
    ]


def _newer(stanza: Stanza, file: Path, into: Path) -> tuple[Stanza, Path]:
    data = file.read_bytes()
    data += b"\n" * (len(data) % 2)
    data += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"_newer", 0, 0, 0, b"100644", 0)
    digest = _sha256(data)
    text = stanza.text
    path = stanza.fields["Filename"].replace("_", "+newer_", 1)
    for field, value in (
        ("Version", f"{stanza.fields['Version']}+newer"),
        ("Filename", path),
        ("Size", str(len(data))),
        ("SHA256", digest),
        ("MD5sum", hashlib.md5(data).hexdigest()),
    ):
        text = re.sub(rb"(?m)^%s: .*$" % field.encode(), f"{field}: {value}".encode(), text)
    _write(into / digest, data)
    return Stanza.read(text), into / digest


def _release(members: Mapping[str, bytes], date: int) -> bytes:
    when = formatdate(date, usegmt=True).replace("GMT", "UTC")
    head = (
        f"Origin: Bench\nLabel: Bench\nSuite: {SUITE}\nCodename: {SUITE}\nDate: {when}\n"
        "Acquire-By-Hash: yes\nArchitectures: amd64\nComponents: main\n"
    )
    md5, sha256 = (
        "".join(f" {algorithm(data)} {len(data)} {path}\n" for path, data in members.items())
        for algorithm in (_md5, _sha256)
    )
    return f"{head}MD5Sum:\n{md5}SHA256:\n{sha256}".encode()


def _md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes, modified: int = OLD) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (modified, modified))


def warm(packages: Sequence[tuple[Stanza, Path]]) -> None:
    """Read everything once: the upstream's side is in memory, as on a busy mirror."""
    for _, file in packages:
        file.read_bytes()


def emptied(place: Path) -> Path:
    """A directory with nothing in it."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return place
