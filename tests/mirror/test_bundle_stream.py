# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle is read from a stranger: any other byte than the one there can be ends it."""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Mapping

import pytest
import zstandard

from mirror.bundle_stream import BundleReader, write_bundle
from snapshot.bundle import BundleManifest
from snapshot.digest import Digest
from snapshot.errors import DejabuildError, InvalidInput

BLOBS = [b"a definition", b"", random.Random(1).randbytes(70_000), b"x" * 512]
MANIFEST = BundleManifest(
    "base", Digest.of(BLOBS[0]), (), tuple((Digest.of(data), len(data)) for data in BLOBS)
)
DATA = {Digest.of(data): data for data in BLOBS}


def bundle(manifest: BundleManifest = MANIFEST, document: bytes | None = None) -> bytes:
    out = io.BytesIO()
    written = write_bundle(out, manifest, document or manifest.text(), lambda d: [DATA[d]])
    assert written == len(out.getvalue())
    return out.getvalue()


def read(packed: bytes) -> dict[Digest, bytes]:
    reader = BundleReader(io.BytesIO(packed), "bundle")
    return {digest: b"".join(pieces) for digest, pieces in reader.blobs()}


def pack(plain: bytes) -> bytes:
    return zstandard.compress(plain)


def plain() -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(bundle()).read()


def tar(files: Mapping[str, bytes], *, kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.type = len(data), 0o444, kind
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def test_what_was_written_is_read() -> None:
    assert read(bundle()) == DATA


def test_the_same_closure_gives_the_same_bytes() -> None:
    assert bundle() == bundle()


def test_any_tar_can_unpack_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(plain())) as archive:
        names = archive.getnames()
        last = archive.extractfile(names[-1])
        assert last is not None
        assert last.read() == BLOBS[-1]
    assert names == ["MANIFEST", *(f"blobs/{digest}" for digest, _ in MANIFEST.blobs)]


@pytest.mark.parametrize("size", [8 << 30, 20 << 30])
def test_files_beyond_eight_gigabytes_have_a_header(size: int) -> None:
    manifest = BundleManifest(
        "base", MANIFEST.definition, (), (*MANIFEST.blobs, (Digest.of(b"big"), size))
    )
    with pytest.raises(InvalidInput, match=f"3 bytes instead of {size:,}"):
        write_bundle(io.BytesIO(), manifest, manifest.text(), lambda d: [DATA.get(d, b"big")])


def test_every_truncation_is_noticed() -> None:
    whole = plain()
    cuts = {*range(0, 2048, 64), *range(len(whole) - 1100, len(whole), 50), len(whole) - 1}
    for length in sorted(cuts):
        with pytest.raises(InvalidInput):
            read(pack(whole[:length]))
    packed = bundle()
    for length in range(0, len(packed) - 4, 997):
        with pytest.raises(InvalidInput):
            read(packed[:length])


@pytest.mark.parametrize("more", [b"x", bytes(512), bytes(10_240), tar({"blobs/x": b"x"})])
def test_whatever_follows_is_refused(more: bytes) -> None:
    with pytest.raises(InvalidInput, match="more follows"):
        read(pack(plain() + more))
    with pytest.raises(InvalidInput, match="more follows"):
        read(bundle() + pack(more))


def test_garbage_after_the_frame_is_refused() -> None:
    with pytest.raises(InvalidInput):
        read(bundle() + b"garbage after the end")


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "blobs/../x", f"blobs/{'0' * 64}", "MANIFEST", ""],
)
def test_another_name_than_the_manifest_says_is_refused(name: str) -> None:
    blobs = {f"blobs/{digest}": DATA[digest] for digest, _ in MANIFEST.blobs}
    first = next(iter(blobs))
    files = [("MANIFEST", MANIFEST.text()), (name, blobs.pop(first)), *blobs.items()]
    out = b"".join(tar({n: data})[: 512 + len(data) + -len(data) % 512] for n, data in files)
    with pytest.raises(InvalidInput, match="found something else"):
        read(pack(out + bytes(1024)))


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.DIRTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_SPARSE,
    ],
)
def test_only_plain_files_can_be_in_it(kind: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(pack(tar({"MANIFEST": MANIFEST.text()}, kind=kind)))
    whole = plain()
    start = whole.index(b"blobs/")
    changed = bytearray(whole)
    changed[start + 156 : start + 157] = kind
    with pytest.raises(InvalidInput):
        read(pack(bytes(changed)))


def test_a_bomb_of_zeros_is_refused_at_its_first_wrong_byte() -> None:
    bomb = pack(bytes(64 << 20))
    assert len(bomb) < 10_000
    with pytest.raises(InvalidInput, match="not a bundle"):
        read(bomb)
    huge = tarfile.TarInfo("MANIFEST")
    huge.size, huge.mode = 200 << 20, 0o444
    with pytest.raises(InvalidInput, match="not a bundle"):
        read(pack(huge.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)))


def test_a_frame_that_asks_for_much_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=parameters)
    chunks = packer.compressobj(size=-1)
    packed = chunks.compress(plain()) + chunks.flush()
    with pytest.raises(InvalidInput, match="not a bundle, or damaged"):
        read(packed)


@pytest.mark.parametrize("packed", [b"", b"not zstd at all", pack(b""), pack(b"short")])
def test_what_is_no_bundle_is_called_that(packed: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(packed)


def test_random_damage_never_gives_another_manifest_or_a_crash() -> None:
    chance = random.Random(7)
    whole = plain()
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        try:
            found = read(pack(bytes(damaged)))
        except DejabuildError:
            continue
        # Only bytes of blobs can differ, and whoever stores a blob hashes it.
        assert set(found) == set(DATA)
