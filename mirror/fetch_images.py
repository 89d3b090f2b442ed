# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer's images: a Release vouches for each `SHA256SUMS`, that one for the images."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mirror.fetch_files import fetch_files
from mirror.remote_file import RemoteFile
from snapshot.coordinates import suite_directory
from snapshot.digest import Checksums, Digest
from snapshot.errors import CorruptUpstream, InvalidInput, NotFound, TransientError
from snapshot.pool_path import safe_relative_path
from storage.blobs import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mirror.fetch_indices import FetchedIndex
    from mirror.stores import MirrorStores
    from mirror.upstream import Upstream
    from snapshot.timestamp import Timestamp
    from storage.blobs import Blob

SUMS = "/images/SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64}) [ *](\S+)")
#: Bytes of a list and names in it: one architecture of Debian has some hundred.
_MOST_BYTES = 4 << 20
_MOST_FILES = 20_000
#: Nothing but the list's digest says how long an image is; no image of an installer is longer.
_LONGEST = 8 << 30


def fetch_images(
    suite: str,
    indices: Sequence[FetchedIndex],
    upstreams: Sequence[Upstream],
    stores: MirrorStores,
    at: Timestamp | None,
) -> dict[str, Blob]:
    """Fetch what the lists among these indices name; one that no upstream has is left out.

    Returns:
        Path relative to the suite's directory to blob; pending in the store.

    Raises:
        CorruptUpstream: A list that cannot be read, or an image that contradicts it.
        TransientError: Patience ended; images that came are kept.
    """
    named: dict[str, Digest] = {}
    for index in indices:
        if index.wanted.base.endswith(SUMS):
            named.update(_listed(index, stores, suite))
    lacking: dict[Digest, list[str]] = {}
    for path, digest in named.items():
        if not stores.blobs.contains(digest):
            lacking.setdefault(digest, []).append(f"{suite_directory(suite)}{path}")
    remotes = (_remote(paths, digest, upstreams, stores, at) for digest, paths in lacking.items())
    _fetch([remote for remote in remotes if remote is not None], stores)
    return {
        path: describe(stores.blobs, digest)
        for path, digest in named.items()
        if stores.blobs.contains(digest)
    }


def read_sums(data: bytes, *, name: str) -> Mapping[str, Digest]:
    """Read a `SHA256SUMS`.

    Args:
        data: The file.
        name: How to call it in messages.

    Returns:
        Path, relative to the list's directory, to digest.

    Raises:
        CorruptUpstream: A line that is none of such a list, with its number.
    """
    found = {}
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise CorruptUpstream(f"{name}, line {number}: not `digest  path`: {line[:80]!r}")
        try:
            found[safe_relative_path(match[2])] = Digest(match[1])
        except InvalidInput as error:
            raise CorruptUpstream(f"{name}, line {number}: {error.message}") from error
        if len(found) > _MOST_FILES:
            raise CorruptUpstream(f"{name}: names more than {_MOST_FILES:,} files")
    return found


def _listed(index: FetchedIndex, stores: MirrorStores, suite: str) -> Iterator[tuple[str, Digest]]:
    name = f"{suite_directory(suite)}{index.member.path}"
    if index.blob.size > _MOST_BYTES:
        raise CorruptUpstream(f"{name}: {index.blob.size:,} bytes are no list of images")
    with stores.blobs.open(index.blob.digest) as body:
        sums = read_sums(b"".join(body), name=name)
    directory = index.member.path.rpartition("/")[0]
    for path, digest in sums.items():
        yield f"{directory}/{path}", digest


def _remote(
    paths: Sequence[str],
    digest: Digest,
    upstreams: Sequence[Upstream],
    stores: MirrorStores,
    at: Timestamp | None,
) -> RemoteFile | None:
    """The list does not say sizes: an upstream is asked, and held to it."""
    known, path = Checksums(0, digest), paths[0]
    urls = [url for one in upstreams for name in paths for url in one.file_urls(name, known, at)]
    try:
        size = stores.fetcher.length(urls)
    except NotFound as error:
        stores.progress.say(f"no upstream has {path}: {error.message}")
        return None
    if size > _LONGEST:
        raise CorruptUpstream(f"{path}: {size:,} bytes are no image of an installer")
    return RemoteFile(path, tuple(urls), Checksums(size, digest))


def _fetch(wanted: Sequence[RemoteFile], stores: MirrorStores) -> None:
    stores.progress.plan(len(wanted), sum(remote.checksums.size for remote in wanted))
    failed = []
    for batch in fetch_files(
        wanted, stores.fetcher, stores.progress, connections=stores.connections
    ):
        failed += batch.failed
    if failed:
        failed.sort(key=lambda error: isinstance(error, TransientError))
        raise failed[0]
