# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a stanza."""

from __future__ import annotations

import pytest

from snapshot.errors import InvalidInput
from storage.catalogue.read_stanza import read_binary, read_source, reader_of
from tests.storage.catalogue.archive_maker import MAIN, SOURCE, binary, content, source


def test_a_binary_names_its_source_and_its_file() -> None:
    facts = read_binary(binary("libfoo1", "1.0-1+b1", source="foo (1.0-1)"))
    assert facts.package == ("binary", "libfoo1", "1.0-1+b1", "amd64", "foo", "1.0-1")
    ((path, checksums),) = facts.files
    assert path == "pool/main/l/libfoo1/libfoo1_1.0-1+b1_amd64.deb"
    assert checksums.sha256 == content("libfoo1_1.0-1+b1_amd64").raw


def test_a_source_names_all_its_files() -> None:
    facts = read_source(source("foo"))
    assert facts.package == ("source", "foo", "1.0", "source", "foo", "1.0")
    assert [path for path, _ in facts.files] == [
        "pool/main/f/foo/foo_1.0.dsc",
        "pool/main/f/foo/foo_1.0.tar.xz",
    ]


def test_a_file_without_sha256_is_left_out_and_the_package_kept() -> None:
    lines = [line for line in binary("old").split(b"\n") if not line.startswith(b"SHA256")]
    facts = read_binary(b"\n".join(lines))
    assert facts.package[1] == "old"
    assert facts.files == ()


def test_a_size_that_no_database_can_hold_is_refused() -> None:
    with pytest.raises(InvalidInput, match="huge"):
        read_binary(binary("huge").replace(b"Size: 1004", b"Size: " + b"9" * 18))


def test_the_stream_decides_how_its_indices_are_read() -> None:
    assert reader_of(MAIN) is read_binary
    assert reader_of(SOURCE) is read_source
