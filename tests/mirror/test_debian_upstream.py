# SPDX-License-Identifier: GPL-3.0-or-later
"""The URLs of live mirrors."""

from __future__ import annotations

from mirror.debian_upstream import LiveDebian, hashed_paths
from snapshot.digest import Checksums, Digest
from snapshot.timestamp import Timestamp

AT = Timestamp.parse("20260711T101637Z")
SHA = "ab" * 32
KNOWN = Checksums(9, Digest(SHA))
INDEX = "main/binary-amd64/Packages.xz"
LIVE = LiveDebian("http://host/debian")


def test_a_live_mirror_has_only_now() -> None:
    assert not LIVE.dated
    assert LIVE.list_runs(lambda _url: b"", None, None) == []
    assert LIVE.release_url("sid", "InRelease", None) == "http://host/debian/dists/sid/InRelease"
    assert LIVE.release_url("sid", "InRelease", AT) is None
    assert LIVE.index_urls("sid", INDEX, KNOWN, AT, by_hash=True) == ()


def test_a_live_mirror_still_has_package_files_of_the_past() -> None:
    url = "http://host/debian/pool/g++_1%253a2~b.deb"
    assert LIVE.file_urls("pool/g++_1%3a2~b.deb", KNOWN, AT) == (url,)


def test_a_live_mirror_is_asked_by_hash_first() -> None:
    suite = "http://host/debian/dists/sid"
    by_hash = f"{suite}/main/binary-amd64/by-hash/SHA256/{SHA}"
    assert LIVE.index_urls("sid", INDEX, KNOWN, None, by_hash=True) == (by_hash, f"{suite}/{INDEX}")
    assert LIVE.index_urls("sid", INDEX, KNOWN, None, by_hash=False) == (f"{suite}/{INDEX}",)


def test_a_flat_repository_lies_outside_of_dists() -> None:
    assert LIVE.release_url("./", "InRelease", None) == "http://host/debian/InRelease"
    assert LIVE.release_url("sub/", "Release", None) == "http://host/debian/sub/Release"
    by_hash, plain = LIVE.index_urls("./", "Packages.gz", KNOWN, None, by_hash=True)
    assert by_hash == f"http://host/debian/by-hash/SHA256/{SHA}"
    assert plain == "http://host/debian/Packages.gz"


def test_a_hashed_name_is_of_the_strongest_digest() -> None:
    sha1 = "cd" * 20
    assert hashed_paths("a/b", Checksums(1, Digest(SHA), sha1)) == (f"a/by-hash/SHA256/{SHA}",)
    assert hashed_paths("a/b", Checksums(1, None, sha1)) == (f"a/by-hash/SHA1/{sha1}",)
    assert hashed_paths("a/b", Checksums(1, md5="0" * 32)) == ()
