# SPDX-License-Identifier: GPL-3.0-or-later
"""Where bytes that the catalogue names may be had again: package files and indices alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirror.open_upstreams import open_upstreams
from mirror.remote_file import RemoteFile
from snapshot.coordinates import suite_directory
from snapshot.digest import Checksums
from snapshot.release import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mirror.policy import ArchivePolicy
    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp
    from storage.catalogue import Catalogue, FileLocation, ReleaseMember

_BY_HASH = "/by-hash/"


def find_blob(
    catalogue: Catalogue,
    policies: Mapping[str, ArchivePolicy],
    places: tuple[FileLocation, ...],
    digest: Digest,
) -> RemoteFile | None:
    """Name every URL at which an upstream or a peer may have some bytes.

    Args:
        catalogue: What is known about them.
        policies: Where archives come from, by name; other archives are not asked.
        places: Where package indices name the bytes.
        digest: Which bytes.

    Returns:
        None when no index names them, or nobody can be asked.
    """
    urls: list[str] = []
    name, size = "", 0
    for place in places:
        name, size = place.file.path, place.file.size
        policy = policies[place.coordinates.archive]
        urls += _file_urls(catalogue, policy, place)
    for member in () if places else catalogue.inventory.release_members(digest):
        if member.archive in policies:
            name, size = f"{suite_directory(member.suite)}{member.path}", member.size
            urls += _member_urls(catalogue, policies[member.archive], member)
    if not urls:
        return None
    return RemoteFile(name, tuple(dict.fromkeys(urls)), Checksums(size, digest))


def _file_urls(catalogue: Catalogue, policy: ArchivePolicy, place: FileLocation) -> Iterator[str]:
    at = _upstreams_stamp(catalogue, policy, place.first_seen)
    checksums = Checksums(place.file.size, place.file.digest, place.file.sha1)
    for upstream in open_upstreams(policy):
        yield from upstream.file_urls(place.file.path, checksums, at)


def _member_urls(
    catalogue: Catalogue, policy: ArchivePolicy, member: ReleaseMember
) -> Iterator[str]:
    """A dated upstream has them for ever; another one by hash, if it has them still."""
    checksums = Checksums(member.size, member.digest)
    at = _upstreams_stamp(catalogue, policy, member.stamp)
    signed = member.path in DOCUMENTS
    for upstream in open_upstreams(policy):
        if upstream.dated and signed:
            url = upstream.release_url(member.suite, member.path, at)
            yield from filter(None, [url])
            continue
        when = at if upstream.dated else None
        for url in upstream.index_urls(member.suite, member.path, checksums, when, by_hash=True):
            # A plain name means other bytes today; a Release has no name by hash at a mirror.
            if upstream.dated or (str(member.digest) in url and not (signed and _BY_HASH in url)):
                yield url


def _upstreams_stamp(catalogue: Catalogue, policy: ArchivePolicy, seen: Timestamp) -> Timestamp:
    """The dated upstream's own stamp of the run in which something was seen."""
    run = catalogue.run_at(policy.name, seen)
    return run.aliases[-1] if run is not None and run.aliases else seen
