# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a file was."""

from __future__ import annotations

import hashlib

import pytest

from snapshot.digest import Digest
from tests.api.archive_server import ArchiveServer, deb
from tests.api.pages.page_outline import outline
from tests.api.past_server import FIRST


def test_every_place_of_a_file_by_either_hash(past: ArchiveServer) -> None:
    data = b"upstream"
    pages = [
        past.client.get(f"/locations/{digest}").text
        for digest in (Digest.of(data).hex, hashlib.sha1(data).hexdigest())
    ]
    assert pages[0] == pages[1]
    page = outline(pages[0])
    path = "pool/main/h/hello/hello_2.orig.tar.gz"
    assert f"/archive/debian/{FIRST}/{path}" in page.links
    assert f"/archive/security/20250625T120000Z/{path}" in page.links
    assert f"/file/{Digest.of(data)}/hello_2.orig.tar.gz" in page.links
    assert "/package/hello/2.10-3/" in page.links
    assert page.text.count(path) == 4


def test_bytes_that_are_known_and_not_here_are_said_to_be(past: ArchiveServer) -> None:
    digest = Digest.of(deb("hello", "2.12-1"))
    page = outline(past.client.get(f"/locations/{digest}").text)
    assert "known, but not stored here" in page.text
    assert not any(link.startswith("/file/") for link in page.links)


def test_a_release_is_found_in_its_runs_and_a_stray_file_nowhere(past: ArchiveServer) -> None:
    (release, *_) = past.catalogue.releases_at("debian", past.catalogue.archives()[0].last)
    page = outline(past.client.get(f"/locations/{release.inrelease}").text)
    assert "In Releases" in page.text
    assert "InRelease" in page.text
    stray = past.blobs.add([b"a log"]).digest
    assert "no archive of this server lists them" in past.client.get(f"/locations/{stray}").text


@pytest.mark.parametrize("digest", ["0" * 64, "0" * 40, "abc", "<b>", "..%2f..%2fetc", "g" * 64])
def test_an_unknown_or_impossible_hash_is_refused(past: ArchiveServer, digest: str) -> None:
    answer = past.client.get(f"/locations/{digest}")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "<b>" not in answer.text
