# SPDX-License-Identifier: GPL-3.0-or-later
"""Small archives of made-up packages, imported the way a mirror imports real ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue, ImportCounts, ReleaseRecord, RunDraft

MAIN = Coordinates("debian", "sid", "main", "amd64")
SOURCE = Coordinates("debian", "sid", "main", "source")


def day(number: int) -> Timestamp:
    """A stamp in January 2026."""
    return Timestamp.parse(f"202601{number:02d}T120000Z")


def content(*words: str) -> Digest:
    """The digest of a made-up file."""
    return Digest.of(" ".join(words).encode())


def binary(
    name: str,
    version: str = "1.0",
    *,
    architecture: str = "amd64",
    source: str = "",
    tag: str = "",
    path: str = "",
    bytes_: str = "",
) -> bytes:
    """A stanza of a Packages index."""
    digest = content(bytes_ or f"{name}_{version}_{architecture}")
    lines = [f"Package: {name}"]
    if source:
        lines.append(f"Source: {source}")
    lines += [
        f"Version: {version}",
        f"Architecture: {architecture}",
        f"Filename: {path or f'pool/main/{name[0]}/{name}/{name}_{version}_{architecture}.deb'}",
        f"Size: {1000 + len(name)}",
        f"SHA1: {digest.hex[:40]}",
        f"SHA256: {digest}",
    ]
    if tag:
        lines.append(f"Tag: {tag}")
    return "\n".join(lines).encode()


def source(name: str, version: str = "1.0") -> bytes:
    """A stanza of a Sources index: a .dsc and a tarball."""
    files = [f"{name}_{version}.dsc", f"{name}_{version}.tar.xz"]
    lists = {"Files": 32, "Checksums-Sha1": 40, "Checksums-Sha256": 64}
    lines = [
        f"Package: {name}",
        f"Binary: {name}",
        f"Version: {version}",
        "Architecture: any",
        "Format: 3.0 (native)",
        f"Directory: pool/main/{name[0]}/{name}",
    ]
    for field, digits in lists.items():
        lines.append(f"{field}:")
        lines += [f" {content(file).hex[:digits]} {100 + len(file)} {file}" for file in files]
    return "\n".join(lines).encode()


def index(stanzas: Iterable[bytes]) -> bytes:
    """The plain index."""
    return b"".join(stanza + b"\n\n" for stanza in stanzas)


def pieces(data: bytes, size: int = 1000) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def begin(catalogue: Catalogue, at: Timestamp, archive: str = "debian") -> RunDraft:
    return catalogue.begin_run(archive, at, trust="release", origin="http://127.0.0.1/debian")


def release_of(
    draft: RunDraft, suite: str = "sid", *, name: str = "", **more: object
) -> ReleaseRecord:
    """The suite's Release, the draft's own or, by a name, one that several runs hold."""
    digest = content("Release", suite, name or str(draft.timestamp))
    files = {"InRelease": (digest, 99)}
    files.update(more.pop("files", {}))  # type: ignore[call-overload]
    date = day(1) if name else draft.timestamp
    return ReleaseRecord(suite, digest, date, files=files, **more)  # type: ignore[arg-type]


def stage(
    catalogue: Catalogue, draft: RunDraft, stanzas: Sequence[bytes], stream: Coordinates = MAIN
) -> ImportCounts:
    data = index(stanzas)
    return catalogue.stage_index(draft, stream, Digest.of(data), pieces(data))


def import_run(
    catalogue: Catalogue,
    at: Timestamp,
    streams: Mapping[Coordinates, Sequence[bytes]] | Sequence[bytes],
    *,
    release: str = "",
) -> ImportCounts:
    """A whole run; answers what the last stream cost."""
    given = streams if isinstance(streams, Mapping) else {MAIN: streams}
    archive = next(iter(given)).archive
    draft = begin(catalogue, at, archive)
    for suite in {stream.suite for stream in given}:
        catalogue.stage_release(draft, release_of(draft, suite, name=release))
    counts = ImportCounts()
    for stream, stanzas in given.items():
        counts = stage(catalogue, draft, stanzas, stream)
    catalogue.publish(draft)
    return counts


def listed(catalogue: Catalogue, at: Timestamp, stream: Coordinates = MAIN) -> set[str]:
    """`name version` of what a run lists."""
    found = catalogue.packages_in(
        stream.archive, at, stream.suite, stream.component, stream.architecture
    )
    return {f"{one.package.name} {one.package.version}" for one in found}


def history(catalogue: Catalogue, name: str, version: str = "1.0") -> list[tuple[int, int | None]]:
    """Days on which a binary package came and went in any stream."""
    return [
        (interval.first.datetime().day, interval.until.datetime().day if interval.until else None)
        for location in catalogue.binary_files(name, version)
        for interval in location.intervals
    ]
