# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import lzma
from pathlib import Path

from snapshot.packages import BinaryStanza
from snapshot.release import Release
from snapshot.stanza import split_stanzas
from tests.ops.demo.conftest import Small
from tests.ops.demo.small_archive import DATES, digest

INDEX = "main/binary-amd64/Packages"


def dist(small: Small, number: int) -> Path:
    return small.www / "archive/debian" / str(DATES[number]) / "dists/bookworm"


def test_the_release_names_md5_and_sha256_as_debian_does(small: Small) -> None:
    text = (dist(small, 0) / "Release").read_text()
    assert "\nMD5Sum:\n" in text
    assert "\nSHA256:\n" in text
    assert "SHA512" not in text
    assert "SHA1:" not in text


def test_the_release_date_is_the_timestamp(small: Small) -> None:
    release = Release.parse((dist(small, 1) / "InRelease").read_bytes())
    assert release.date == DATES[1]
    assert release.acquire_by_hash


def test_the_plain_index_is_named_but_not_there(small: Small) -> None:
    release = Release.parse((dist(small, 0) / "Release").read_bytes())
    assert INDEX in release.files
    assert not (dist(small, 0) / INDEX).exists()


def test_every_compressed_index_also_lies_by_hash(small: Small) -> None:
    for suffix in (".xz", ".gz"):
        path = dist(small, 0) / f"{INDEX}{suffix}"
        twin = path.parent / "by-hash/SHA256" / digest(path)
        assert twin.read_bytes() == path.read_bytes()


def test_dates_list_different_packages_over_one_pool(small: Small) -> None:
    versions = []
    for number in (0, 1):
        data = lzma.decompress((dist(small, number) / f"{INDEX}.xz").read_bytes())
        found = {s.name: s for s in map(BinaryStanza.parse, split_stanzas(data))}
        versions.append(found["tool"].version)
        pool = small.www / "archive/debian" / str(DATES[number]) / found["tool"].path
        assert digest(pool) == str(found["tool"].checksums.sha256)
    assert versions == ["1", "2"]


def test_files_carry_the_time_of_their_date(small: Small) -> None:
    assert (dist(small, 0) / "InRelease").stat().st_mtime == DATES[0].epoch
