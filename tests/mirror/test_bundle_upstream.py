# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle answers for its Releases; everything else of it is stored by then."""

from __future__ import annotations

from pathlib import Path

from mirror.bundle_upstream import BundleUpstream
from snapshot.bundle import BundledMember, BundledRun
from snapshot.digest import Checksums, Digest
from snapshot.timestamp import Timestamp
from storage.blobs import MemoryBlobs

STAMP = Timestamp.parse("20260711T101637Z")


def test_only_releases_have_an_address(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    digest = blobs.add([b"signed"]).digest
    index = BundledMember("bookworm", "main/source/Sources", Digest.of(b"x"))
    members = (BundledMember("bookworm", "InRelease", digest), index)
    upstream = BundleUpstream(BundledRun("debian", STAMP, "release", members), tmp_path, blobs)
    url = upstream.release_url("bookworm", "InRelease", STAMP)
    assert url is not None
    assert Path(url.removeprefix("file://")).read_bytes() == b"signed"
    assert upstream.release_url("bookworm", "Release", STAMP) is None
    assert upstream.release_url("sid", "InRelease", STAMP) is None
    some = Checksums(1, digest)
    assert upstream.index_urls("bookworm", index.path, some, STAMP, by_hash=True) == ()
    assert upstream.file_urls("pool/a", some, STAMP) == ()
    assert upstream.dated
    assert upstream.list_runs(lambda _url: b"", None, None) == [STAMP]
