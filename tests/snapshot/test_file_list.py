# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of one document are joined, and must agree."""

from __future__ import annotations

import pytest

from snapshot.control import read_fields
from snapshot.digest import Checksums, Digest
from snapshot.errors import InvalidInput
from snapshot.file_list import read_file_lists
from snapshot.pool_path import checked_file_name

LISTS = {"sha256": ("SHA256", "Checksums-Sha256"), "md5": ("Files",)}
A, B, M = "a" * 64, "B" * 64, "c" * 32


def read(text: str) -> dict[str, Checksums]:
    return read_file_lists(read_fields(text.encode(), document="d"), LISTS, check=checked_file_name)


def test_lists_are_joined_by_name_in_the_order_of_first_mention() -> None:
    found = read(
        f"Files:\n {M} 3 libs optional y.deb\n {M} 2 x.deb\n"
        f"Checksums-Sha256:\n {A} 2 x.deb\n {B} 4 z.deb\n"
    )
    assert list(found) == ["x.deb", "z.deb", "y.deb"]
    assert found["x.deb"] == Checksums(2, Digest(A), None, M)
    assert found["y.deb"] == Checksums(3, None, None, M)
    assert found["z.deb"].sha256 == Digest("b" * 64)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"SHA256:\n {A} x.deb\n", "line 2: not .sha256 size name"),
        (f"SHA256:\n {A[1:]} 1 x.deb\n", "line 2: not .sha256 size name"),
        (f"SHA256:\n {'g' * 64} 1 x.deb\n", "line 2: not a digest and a size"),
        (f"SHA256:\n {A} -1 x.deb\n", "line 2: not a digest and a size"),
        (f"SHA256:\n {A} 1 ../x.deb\n", "d, line 2: not a safe file name"),
        (f"SHA256:\n {A} 1 x.deb\n {B} 1 x.deb\n", "x.deb with two digests"),
        (f"SHA256:\n {A} 1 x.deb\nFiles:\n {M} 2 x.deb\n", "line 4: x.deb has 2 bytes here and 1"),
    ],
)
def test_a_broken_list_is_refused_with_the_line(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(text)


def test_more_files_than_any_document_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snapshot.file_list.MAX_FILES", 2)
    rows = "".join(f" {A} 1 {number}.deb\n" for number in range(3))
    with pytest.raises(InvalidInput, match="more than 2 files"):
        read(f"SHA256:\n{rows}")
