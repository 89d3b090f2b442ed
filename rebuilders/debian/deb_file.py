# SPDX-License-Identifier: GPL-3.0-or-later
"""Binary packages as files: their control fields, and a copy with its data uncompressed.

Decompression is half of what installing costs; done here it runs on all cores while dpkg,
which does one thing at a time, only copies.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from rebuilders.failure import RebuildFailure
from snapshot.control import Fields, read_fields
from snapshot.errors import InvalidInput
from snapshot.verdict import Reason

_MAGIC = b"!<arch>\n"
_HEADER_SIZE = 60
_CHUNK = 1024 * 1024
_CONTROL_LIMIT = 16 * 1024 * 1024
_DAMAGED = (
    ValueError,
    EOFError,
    InvalidInput,
    lzma.LZMAError,
    tarfile.TarError,
    zlib.error,
    zstandard.ZstdError,
)
_NAME = re.compile(r"\s*([a-z0-9][a-z0-9+.-]*)")


@dataclass(frozen=True, slots=True)
class Control:
    """What installing a package in the right order needs to know.

    Attributes:
        name: Package name.
        architecture: Its own.
        version: Full version.
        essential: Whether it must be there before anything else.
        pre_depends: Alternatives of each clause, names only: an exact set fixes the versions.
        depends: Likewise.
        provides: Names it also answers to.
    """

    name: str
    architecture: str
    version: str
    essential: bool
    pre_depends: tuple[tuple[str, ...], ...]
    depends: tuple[tuple[str, ...], ...]
    provides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RawDeb:
    """A package whose data archive is plain tar.

    Attributes:
        path: The file, itself a valid package.
        control: Its control fields.
        data_offset: Where the tar archive begins.
        merges_usr: Whether it ships `./bin` as a link.
    """

    path: Path
    control: Control
    data_offset: int
    merges_usr: bool


@dataclass(frozen=True, slots=True)
class _ArMember:
    name: str
    offset: int
    size: int


def unpack_data(source: Path, target: Path) -> RawDeb:
    """Write a copy of a package with uncompressed data.

    Raises:
        RebuildFailure: Not a Debian package (`environment-setup`).
    """
    with _refused(source), source.open("rb") as stream, target.open("wb") as out:
        return _convert(stream, out, target)


def inspect(source: Path) -> Control:
    """The control fields of a package file.

    Raises:
        RebuildFailure: Not a Debian package (`environment-setup`).
    """
    with _refused(source), source.open("rb") as stream:
        return _control_member(stream, {m.name: m for m in _members(stream)})[1]


def read_control(data: bytes) -> Control:
    """Read a package's `control` file."""
    fields = read_fields(data, document="control file of a package")
    return Control(
        name=fields.required("Package").text,
        architecture=fields.required("Architecture").text,
        version=fields.required("Version").text,
        essential=fields.text("Essential").lower() == "yes",
        pre_depends=_clauses(fields, "Pre-Depends"),
        depends=_clauses(fields, "Depends"),
        provides=tuple(name for clause in _clauses(fields, "Provides") for name in clause),
    )


@contextmanager
def _refused(source: Path) -> Iterator[None]:
    try:
        yield
    except (*_DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's; those of gzip and bz2 about their input have no number
        raise RebuildFailure(
            Reason.ENVIRONMENT_SETUP, f"{source.name} is not a Debian package: {error}"
        ) from error


def _control_member(stream: BinaryIO, members: Mapping[str, _ArMember]) -> tuple[bytes, Control]:
    name = next((n for n in members if n.startswith("control.tar")), None)
    if name is None:
        raise ValueError("it lacks control.tar")
    stream.seek(members[name].offset)
    packed = stream.read(members[name].size)
    return packed, _control_of(packed, name)


def _convert(stream: BinaryIO, out: BinaryIO, target: Path) -> RawDeb:
    members = {member.name: member for member in _members(stream)}
    packed, control = _control_member(stream, members)
    control_name = next(n for n in members if n.startswith("control.tar"))
    data_name = next((n for n in members if n.startswith("data.tar")), None)
    if data_name is None:
        raise ValueError("it lacks data.tar")
    out.write(_MAGIC)
    _write_member(out, "debian-binary", b"2.0\n")
    _write_member(out, control_name, packed)
    header_at = out.tell()
    out.write(b" " * _HEADER_SIZE)
    data_offset = out.tell()
    stream.seek(members[data_name].offset)
    out.writelines(_decompressed(stream, members[data_name].size, data_name))
    size = out.tell() - data_offset
    if size % 2:
        out.write(b"\n")
    out.seek(header_at)
    out.write(_header("data.tar", size))
    out.flush()
    merges = control.name == "base-files" and _ships_link(target, data_offset)
    return RawDeb(target, control, data_offset, merges)


def _members(stream: BinaryIO) -> Iterator[_ArMember]:
    end = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if stream.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("it is no ar archive")
    while header := stream.read(_HEADER_SIZE):
        if len(header) < _HEADER_SIZE or header[58:60] != b"`\n":
            raise ValueError("it is truncated")
        size = int(header[48:58])
        # A reader takes the memory for what it is asked for before it looks.
        if not 0 <= size <= end - stream.tell():
            raise ValueError(f"it is truncated, or a member lies: {size:,} bytes")
        name = header[:16].decode("ascii").strip().rstrip("/")
        yield _ArMember(name, stream.tell(), size)
        stream.seek(size + size % 2, io.SEEK_CUR)


def _header(name: str, size: int) -> bytes:
    return f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n".encode("ascii")


def _write_member(out: BinaryIO, name: str, data: bytes) -> None:
    out.write(_header(name, len(data)) + data + b"\n" * (len(data) % 2))


def _decompressed(stream: BinaryIO, size: int, name: str) -> Iterator[bytes]:
    feed = _decompressor(name)
    left = size
    while left:
        chunk = stream.read(min(_CHUNK, left))
        if not chunk:
            raise EOFError("it is truncated")
        left -= len(chunk)
        yield feed(chunk)


def _decompressor(name: str) -> Callable[[bytes], bytes]:
    suffix = name.rpartition(".tar")[2]
    if suffix == "":
        return bytes
    if suffix in {".xz", ".lzma"}:
        return lzma.LZMADecompressor().decompress
    if suffix == ".zst":
        return zstandard.ZstdDecompressor().decompressobj().decompress
    if suffix == ".bz2":
        return bz2.BZ2Decompressor().decompress
    if suffix == ".gz":
        return zlib.decompressobj(wbits=31).decompress
    raise ValueError(f"{name}: an unknown compression")


def _unpacked(packed: bytes, name: str) -> bytes:
    """At most a byte more than a control archive may have: a bomb is not unpacked whole."""
    most = _CONTROL_LIMIT + 1
    if name.endswith(".gz"):
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            return stream.read(most)
    if name.endswith(".zst"):
        return zstandard.ZstdDecompressor().stream_reader(packed).read(most)
    if name.endswith((".xz", ".lzma")):
        return lzma.LZMADecompressor().decompress(packed, most)
    if name.endswith(".bz2"):
        return bz2.BZ2Decompressor().decompress(packed, most)
    return _decompressor(name)(packed)


def _control_of(packed: bytes, name: str) -> Control:
    data = _unpacked(packed, name)
    if len(data) > _CONTROL_LIMIT:
        raise ValueError(f"its control archive has more than {_CONTROL_LIMIT:,} bytes")
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            if member.name in ("./control", "control") and member.isreg():
                stream = archive.extractfile(member)
                if stream is not None:
                    return read_control(stream.read())
    raise ValueError("its control archive has no control file")


def _ships_link(path: Path, offset: int) -> bool:
    with path.open("rb") as stream:
        stream.seek(offset)
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            return any(m.name.rstrip("/") in ("./bin", "bin") and m.issym() for m in archive)


def _clauses(fields: Fields, name: str) -> tuple[tuple[str, ...], ...]:
    clauses = []
    for clause in fields.text(name).split(","):
        names = tuple(m[1] for part in clause.split("|") if (m := _NAME.match(part)))
        if names:
            clauses.append(names)
    return tuple(clauses)
