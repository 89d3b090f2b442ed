# SPDX-License-Identifier: GPL-3.0-or-later
"""Source packages of an index."""

from __future__ import annotations

import pytest

from snapshot.digest import Checksums, Digest
from snapshot.errors import InvalidInput
from snapshot.sources import SourceStanza

STANZA = f"""Package: catdoc
Binary: catdoc,
 catdoc-dbg
Version: 1:0.95-6
Architecture: any all
Format: 3.0 (quilt)
Files:
 {"c" * 32} 2013 catdoc_0.95-6.dsc
 {"d" * 32} 217779 catdoc_0.95.orig.tar.gz
Checksums-Sha256:
 {"a" * 64} 2013 catdoc_0.95-6.dsc
 {"b" * 64} 217779 catdoc_0.95.orig.tar.gz
Directory: pool/main/c/catdoc""".encode()


def test_every_field_we_use_is_read() -> None:
    source = SourceStanza.parse(STANZA)
    assert (source.name, source.version) == ("catdoc", "1:0.95-6")
    assert source.binaries == ("catdoc", "catdoc-dbg")
    assert source.architectures == ("any", "all")
    assert source.format == "3.0 (quilt)"
    assert [source.path_of(file) for file in source.files] == [
        "pool/main/c/catdoc/catdoc_0.95-6.dsc",
        "pool/main/c/catdoc/catdoc_0.95.orig.tar.gz",
    ]
    assert source.dsc is not None
    assert source.dsc.checksums == Checksums(2013, Digest("a" * 64), None, "c" * 32)


def test_names_of_people_in_old_indices_are_latin_1() -> None:
    old = STANZA + b"\nMaintainer: Bj\xf6rn\nUploaders: \xc4\n \xa0x"
    assert SourceStanza.parse(old) == SourceStanza.parse(STANZA)


@pytest.mark.parametrize(
    "where", [b": catdoc", b" catdoc-dbg", b" 1:0", b" any", b"quilt", b" 2013", b"main/c/"]
)
def test_what_names_a_source_or_its_files_is_text(where: bytes) -> None:
    for odd in (b"\xa0", b"\xf6"):
        with pytest.raises(InvalidInput, match="not UTF-8"):
            SourceStanza.parse(STANZA.replace(where, where + odd))


def test_a_flat_repository_has_its_files_at_the_top() -> None:
    source = SourceStanza.parse(STANZA.replace(b"pool/main/c/catdoc", b"."))
    assert source.path_of(source.files[0]) == "catdoc_0.95-6.dsc"


def test_a_source_without_dsc_says_so() -> None:
    source = SourceStanza.parse(STANZA.replace(b".dsc", b".d"))
    assert source.dsc is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"Directory: pool/main/c/catdoc", b"", "catdoc.*Directory is missing"),
        (b"pool/main/c/catdoc", b"../x", "not a safe path"),
        (b"catdoc_0.95-6.dsc", b"../x.dsc", "not a safe file name"),
        (b"catdoc_0.95-6.dsc", b"x/x.dsc", "with a directory"),
        (STANZA[STANZA.index(b"Files") : STANZA.index(b"Directory")], b"", "no list of files"),
    ],
)
def test_a_broken_stanza_is_refused_by_name(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        SourceStanza.parse(STANZA.replace(old, new))


def test_a_directory_that_leaves_the_archive_is_named_with_its_stanza_and_line() -> None:
    with pytest.raises(InvalidInput, match=r"^Sources stanza .*, line \d+: Directory: not a safe"):
        SourceStanza.parse(STANZA.replace(b"Directory: ", b"Directory: ../", 1))
