# SPDX-License-Identifier: GPL-3.0-or-later
"""A small signed Debian archive in memory: real .debs and source packages, several runs.

`SmallArchive` is what an upstream serves (path to bytes); `World` says what is in it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import random
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from tests.openpgp import ThrowawayKey

_FIRST = Timestamp.parse("20260711T101637Z")


def _tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _ar(members: Mapping[str, bytes]) -> bytes:
    out = b"!<arch>\n"
    for name, data in members.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
        out += data + b"\n" * (len(data) % 2)
    return out


def _xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)  # the default prepares 90 MB of memory first


# Hundreds of tests publish the same few worlds, and gpg is three programs each time.
@cache
def _inline(key: ThrowawayKey, text: bytes) -> bytes:
    return key.inline(text)


@cache
def _detached(key: ThrowawayKey, text: bytes) -> bytes:
    return key.detached(text)


@dataclass(frozen=True)
class Deb:
    """A binary package whose content follows from its fields."""

    name: str
    version: str
    architecture: str = "amd64"
    size: int = 2000
    source: str = ""
    component: str = "main"
    fields: str = ""

    @property
    def path(self) -> str:
        letter = (self.source or self.name)[0]
        version = self.version.partition(":")[2] or self.version
        file = f"{self.name}_{version}_{self.architecture}.deb"
        return f"pool/{self.component}/{letter}/{self.source or self.name}/{file}"

    @property
    def control(self) -> str:
        source = f"Source: {self.source}\n" if self.source else ""
        return (
            f"Package: {self.name}\n{source}Version: {self.version}\n"
            f"Architecture: {self.architecture}\nMaintainer: Nobody <nobody@example.org>\n"
            f"{self.fields}"
            f"Description: made up\n for the tests of the mirror\n"
        )

    @property
    def data(self) -> bytes:
        return _deb(self)

    def stanza(self) -> str:
        data = self.data
        return (
            f"{self.control}Filename: {self.path}\nSize: {len(data)}\n"
            f"MD5sum: {hashlib.md5(data).hexdigest()}\nSHA256: {Digest.of(data)}\n"
        )


@cache
def _deb(deb: Deb) -> bytes:
    noise = random.Random(f"{deb.name} {deb.version}").randbytes(deb.size)
    return _ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar.gz": gzip.compress(_tar({"./control": deb.control.encode()}), mtime=0),
            "data.tar": _tar({f"./usr/share/{deb.name}": noise}),
        }
    )


@dataclass(frozen=True)
class Source:
    """A native source package of a .dsc and a tarball."""

    name: str
    version: str
    component: str = "main"
    build_depends: str = ""

    @property
    def directory(self) -> str:
        return f"pool/{self.component}/{self.name[0]}/{self.name}"

    @property
    def files(self) -> dict[str, bytes]:
        tarball = gzip.compress(_tar({f"{self.name}/debian/control": b"Source: x\n"}), mtime=0)
        tar_name = f"{self.name}_{self.version}.tar.gz"
        dsc = (
            f"Format: 3.0 (native)\nSource: {self.name}\nVersion: {self.version}\n"
            f"Architecture: any\nBinary: {self.name}\n"
            f"Checksums-Sha256:\n {Digest.of(tarball)} {len(tarball)} {tar_name}\n"
        )
        return {f"{self.name}_{self.version}.dsc": dsc.encode(), tar_name: tarball}

    def stanza(self) -> str:
        lines = "".join(
            f"\n {Digest.of(data)} {len(data)} {name}" for name, data in self.files.items()
        )
        return (
            f"Package: {self.name}\nBinary: {self.name}\nVersion: {self.version}\n"
            f"{f'Build-Depends: {self.build_depends}' + chr(10) if self.build_depends else ''}"
            f"Architecture: any\nFormat: 3.0 (native)\nDirectory: {self.directory}\n"
            f"Checksums-Sha256:{lines}\n"
        )


@dataclass(frozen=True)
class World:
    """What a suite holds at some time."""

    debs: tuple[Deb, ...]
    sources: tuple[Source, ...] = ()
    date: Timestamp = _FIRST
    suite: str = "stable"
    codename: str = "bookworm"
    valid_until: str = ""


@dataclass
class SmallArchive:
    """The files of an upstream.

    Attributes:
        key: Signs every Release.
        files: Path with a leading slash to bytes.
        by_hash: Whether the Release offers `by-hash` names.
    """

    key: ThrowawayKey
    by_hash: bool = True
    inline: bool = True
    architecture: str = "amd64"
    files: dict[str, bytes] = field(default_factory=dict)
    _stamps: list[str] = field(default_factory=list)

    def publish(self, world: World, prefix: str = "") -> None:
        """Replace a suite by another state of it; pool files only ever accumulate."""
        for path, data in self._pool(world):
            self.files[f"{prefix}/{path}"] = data
        directory = f"{prefix}/dists/{world.codename}"
        indices = self._indices(world)
        for path, data in indices.items():
            self.files[f"{directory}/{path}"] = data
            place = path.rpartition("/")[0]
            self.files[f"{directory}/{place}/by-hash/SHA256/{Digest.of(data)}"] = data
        text = self.release(world, indices)
        if self.inline:
            self.files[f"{directory}/InRelease"] = _inline(self.key, text)
        else:
            self.files[f"{directory}/Release"] = text
            self.files[f"{directory}/Release.gpg"] = _detached(self.key, text)

    def publish_dated(self, stamp: str, *worlds: World, archive: str = "debian") -> None:
        """Add a run to a dated service."""
        for world in worlds:
            self.publish(world, f"/archive/{archive}/{stamp}")
        self._stamps.append(stamp)
        quoted = ", ".join(f'"{one}"' for one in sorted(self._stamps))
        body = f'{{"_comment": "test", "result": {{"{archive}": [{quoted}]}}}}'
        self.files[f"/mr/timestamp/?archive={archive}"] = body.encode()

    def _pool(self, world: World) -> Iterable[tuple[str, bytes]]:
        for deb in world.debs:
            yield deb.path, deb.data
        for source in world.sources:
            for name, data in source.files.items():
                yield f"{source.directory}/{name}", data

    def _indices(self, world: World) -> dict[str, bytes]:
        packages = "\n".join(deb.stanza() for deb in world.debs).encode()
        sources = "\n".join(source.stanza() for source in world.sources).encode()
        plain = {f"main/binary-{self.architecture}/Packages": packages}
        plain["main/source/Sources"] = sources
        translation = b"Package: x\nDescription-en: y\n"
        packed = {"main/i18n/Translation-en.xz": _xz(translation)}
        for path, data in plain.items():
            packed[path] = data
            packed[f"{path}.gz"] = gzip.compress(data, mtime=0)
            packed[f"{path}.xz"] = _xz(data)
        return packed

    def release(self, world: World, indices: Mapping[str, bytes]) -> bytes:
        valid = f"Valid-Until: {world.valid_until}\n" if world.valid_until else ""
        date = world.date.datetime().strftime("%a, %d %b %Y %H:%M:%S UTC")
        lines = "".join(
            f" {Digest.of(data)} {len(data)} {path}\n" for path, data in indices.items()
        )
        return (
            f"Origin: Test\nLabel: Test\nSuite: {world.suite}\nCodename: {world.codename}\n"
            f"Date: {date}\n{valid}Acquire-By-Hash: {'yes' if self.by_hash else 'no'}\n"
            f"Architectures: {self.architecture}\nComponents: main\nSHA256:\n{lines}"
        ).encode()


def worlds(count: int = 30, size: int = 4000) -> tuple[World, World, World]:
    """Three states of one suite that differ in a few packages each."""
    debs = tuple(Deb(f"package{n:03}", "1.0-1", size=size + 37 * n) for n in range(count))
    sources = (Source("package000", "1.0"), Source("package001", "1.0"))
    newer = (*debs[:-2], Deb(debs[-2].name, "1.1-1", size=size), Deb("arrived", "1", size=size))
    newest = (*newer[1:-1], Deb("package000", "2:2.0-1", "all", size=size))
    return (
        World(debs, sources, _FIRST),
        World(newer, sources, Timestamp.parse("20260901T000000Z")),
        World(
            newest,
            (*sources[1:], Source("package000", "2.0")),
            Timestamp.parse("20261101T000000Z"),
        ),
    )
