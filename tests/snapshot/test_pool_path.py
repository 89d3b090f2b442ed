# SPDX-License-Identifier: GPL-3.0-or-later
"""An index cannot name anything outside its archive or shadow its metadata."""

from __future__ import annotations

import pytest

from snapshot.errors import InvalidInput
from snapshot.pool_path import checked_file_name, checked_pool_path, safe_relative_path

ATTACKS = [
    "", "/etc/passwd", "..", "../x.deb", "pool/../../x.deb", "pool/..", "./../x", ".", "a/./b",
    "a//b", "a/", "a\x00.deb", "a\nb.deb", "a\\b.deb", "/", "a/\x7f", "x" * 4097,
]  # fmt: skip


@pytest.mark.parametrize("path", ATTACKS)
def test_a_path_that_leaves_its_place_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        safe_relative_path(path)
    with pytest.raises(InvalidInput):
        checked_pool_path(path)
    with pytest.raises(InvalidInput):
        checked_file_name(path)


@pytest.mark.parametrize(
    "path",
    [
        "dists/bookworm/InRelease",
        "dists/bookworm/main/binary-amd64/Packages",
        "dists/x/Release.gpg",
    ],
)
def test_an_index_cannot_name_metadata_as_a_package(path: str) -> None:
    with pytest.raises(InvalidInput, match="metadata"):
        checked_pool_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "pool/main/a/a/a_1%3a2~rc-1+b1_amd64.deb",
        "dists/slink/main/binary-i386/base/bash_2.01.1-4.1.deb",
        "dists/bookworm/pool/stable/amd64/x.deb",
        "dists/s/source/x_1.orig.tar.gz.asc",
        "..x/...",
        "pool/ä.deb",
    ],
)
def test_real_and_odd_but_safe_paths_are_kept(path: str) -> None:
    assert checked_pool_path(path) == path


def test_a_leading_dot_slash_of_flat_repositories_is_dropped() -> None:
    assert checked_pool_path("./x.deb") == "x.deb"


def test_a_file_name_has_no_directory() -> None:
    assert checked_file_name("a_1.dsc") == "a_1.dsc"
    with pytest.raises(InvalidInput, match="directory"):
        checked_file_name("b/a_1.dsc")
