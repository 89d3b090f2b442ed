# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer is asked by digest, for what it has stored, after every upstream."""

from __future__ import annotations

from mirror.peer_upstream import Peer
from snapshot.digest import Checksums, Digest
from snapshot.timestamp import Timestamp

DIGEST = Digest.of(b"bytes")
AT = Timestamp.parse("20260711T101637Z")


def test_a_peer_is_asked_by_digest_whatever_the_path_and_the_time() -> None:
    peer = Peer("https://other.example")
    url = f"https://other.example/file/{DIGEST}?stored=1"
    known = Checksums(5, DIGEST)
    assert peer.file_urls("pool/a.deb", known, None) == (url,)
    assert peer.file_urls("pool/a.deb", known, AT) == (url,)
    assert peer.index_urls("sid", "main/x", known, AT, by_hash=False) == (url,)


def test_a_peer_is_asked_for_nothing_that_no_digest_proves() -> None:
    peer = Peer("https://other.example")
    assert peer.file_urls("pool/a.deb", Checksums(5, None, "0" * 40), None) == ()
    assert peer.release_url("sid", "InRelease", None) is None
    assert peer.list_runs(lambda _url: b"", None, None) == []
    assert not peer.dated
