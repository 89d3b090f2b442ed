# SPDX-License-Identifier: GPL-3.0-or-later
"""Indices in one packing each, from wherever they are whole."""

from __future__ import annotations

import pytest

from mirror.fetch_indices import FetchedIndex, IndexFetcher, UpstreamInconsistent
from mirror.fetch_release import ReleaseFetcher
from mirror.open_upstreams import open_upstreams
from mirror.select_members import wanted_indices
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.mirror_bench import NOW, MirrorBench
from tests.small_archive import SmallArchive


def fetch(mirror: MirrorBench) -> dict[str, FetchedIndex]:
    policy = mirror.policy()
    upstreams = open_upstreams(policy)
    fetcher, blobs = mirror.stores.fetcher, mirror.blobs
    verified = ReleaseFetcher(
        policy,
        upstreams,
        fetcher=fetcher,
        blobs=blobs,
        catalogue=mirror.stores.catalogue,
        now=float(NOW.epoch),
    ).fetch("bookworm", None, None)
    wanted = wanted_indices(verified.release, "bookworm", policy)
    indices = IndexFetcher("debian", upstreams, fetcher=fetcher, blobs=blobs)
    return {index.wanted.base: index for index in indices.fetch(verified, wanted, None)}


def test_the_first_packing_that_is_there(mirror: MirrorBench, upstream: FaultyUpstream) -> None:
    assert {index.member.path for index in fetch(mirror).values()} == {
        "main/binary-amd64/Packages.xz",
        "main/source/Sources.xz",
        "main/i18n/Translation-en.xz",
    }
    assert all("by-hash" in path for path, _ in upstream.requests[1:])


def without(archive: SmallArchive, *parts: str) -> None:
    for path in list(archive.files):
        if any(part in path for part in parts):
            del archive.files[path]


def test_by_hash_missing_the_plain_name_will_do(mirror: MirrorBench, archive: SmallArchive) -> None:
    without(archive, "by-hash")
    assert len(fetch(mirror)) == 3


def test_a_missing_packing_is_replaced_by_the_next(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    without(archive, "by-hash", "Packages.xz")
    index = fetch(mirror)["main/binary-amd64/Packages"]
    assert index.member.path == "main/binary-amd64/Packages.gz"


def test_only_streams_are_necessary(mirror: MirrorBench, archive: SmallArchive) -> None:
    without(archive, "by-hash", "Translation")
    assert "main/i18n/Translation-en" not in fetch(mirror)


def test_a_stream_that_is_missing_is_an_error(mirror: MirrorBench, archive: SmallArchive) -> None:
    without(archive, "by-hash", "Sources")
    with pytest.raises(UpstreamInconsistent, match="main/source/Sources is not the one"):
        fetch(mirror)


def test_what_is_here_is_not_asked_for(mirror: MirrorBench, upstream: FaultyUpstream) -> None:
    fetch(mirror)
    upstream.requests.clear()
    fetch(mirror)
    assert len(upstream.requests) == 1
