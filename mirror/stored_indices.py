# SPDX-License-Identifier: GPL-3.0-or-later
"""Indices of published runs, as they are stored: which file, and what it unpacks to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirror.decompress import SUFFIXES, decompress
from snapshot.coordinates import suite_directory
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snapshot.coordinates import Coordinates
    from snapshot.timestamp import Timestamp
    from storage.blobs import BlobStore
    from storage.catalogue import Catalogue, StoredFile


def stored_index(catalogue: Catalogue, stream: Coordinates, stamp: Timestamp) -> StoredFile:
    """The file of a stream's index at the run of exactly a stamp, in the packing that is here.

    Raises:
        NotFound: The run does not have it.
    """
    base = f"{suite_directory(stream.suite)}{index_path(stream)}"
    for suffix in SUFFIXES:
        file = catalogue.file_at(stream.archive, stamp, base + suffix)
        if file is not None:
            return file
    raise NotFound(
        f"{stream.archive} {stamp}: {base} is not here",
        advice="sync the archive again: what an index names can only be proved with it",
    )


def index_path(stream: Coordinates) -> str:
    """Where a stream's index lies below its suite, unpacked."""
    if stream.suite.endswith("/"):  # a flat repository
        return "Sources" if stream.architecture == "source" else "Packages"
    if stream.architecture == "source":
        return f"{stream.component}/source/Sources"
    return f"{stream.component}/binary-{stream.architecture}/Packages"


def read_index(blobs: BlobStore, file: StoredFile) -> Iterator[bytes]:
    """Its unpacked pieces; it was verified when it was stored."""
    with blobs.open(file.digest) as packed:
        yield from decompress(packed, file.path)
