# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from rebuilders.debian.merged_usr import links_before_unpacking

LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


@pytest.mark.parametrize(
    ("names", "merges", "taint", "links"),
    [
        (["usr-is-merged"], False, [], LINKS),  # bookworm build daemons
        (["usrmerge"], False, [], ()),  # converts itself
        (["usrmerge", "usr-is-merged"], False, [], LINKS),
        (["base-files"], True, [], ()),  # trixie and later
        (["usr-is-merged"], True, [], ()),
        (["dpkg"], False, [], ()),  # before bookworm
        (["dpkg"], False, ["merged-usr-via-symlinks"], LINKS),
        (["usrmerge"], False, ["merged-usr-via-aliased-dirs"], ()),
    ],
)
def test_the_regime_follows_from_the_set(
    names: list[str], merges: bool, taint: list[str], links: tuple[str, ...]
) -> None:
    found = links_before_unpacking(names, "amd64", base_files_merges=merges, tainted_by=taint)
    assert found == links


def test_each_architecture_has_its_own_library_directories() -> None:
    found = links_before_unpacking(["usr-is-merged"], "arm64", base_files_merges=False)
    assert found == ("bin", "sbin", "lib")
