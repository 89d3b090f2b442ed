# SPDX-License-Identifier: GPL-3.0-or-later
"""Binary packages of an index, read as bytes."""

from __future__ import annotations

import re

import pytest

from snapshot import packages
from snapshot.digest import Checksums, Digest
from snapshot.errors import InvalidInput
from snapshot.packages import BinaryStanza, read_binary_fields

STANZA = f"""Package: libc6
Source: glibc (2.36-9)
Version: 2.36-9+b1
Essential: yes
Architecture: amd64
Multi-Arch: same
Pre-Depends: a
Depends: b (>= 1),
 c | d
Description: Size: 9
 Package: evil
Filename: pool/main/g/glibc/libc6_2.36-9+b1_amd64.deb
Size: 12
MD5sum: {"c" * 32}
SHA1: {"d" * 40}
SHA256: {"A" * 64}""".encode()


def test_every_field_we_use_is_read_and_no_continuation_is_taken_for_a_field() -> None:
    package = BinaryStanza.parse(STANZA)
    assert (package.name, package.version, package.architecture) == ("libc6", "2.36-9+b1", "amd64")
    assert (package.source, package.source_version) == ("glibc", "2.36-9")
    assert package.path == "pool/main/g/glibc/libc6_2.36-9+b1_amd64.deb"
    assert package.checksums == Checksums(12, Digest("a" * 64), "d" * 40, "c" * 32)
    assert package.essential
    assert package.multi_arch == "same"
    assert package.depends == "a, b (>= 1), c | d"
    assert package.field("description") == "Size: 9 Package: evil"
    assert package.field("Provides") == ""


def test_without_a_source_field_the_source_is_the_package_itself() -> None:
    package = BinaryStanza.parse(STANZA.replace(b"Source: glibc (2.36-9)\n", b""))
    assert (package.source, package.source_version) == ("libc6", "2.36-9+b1")
    package = BinaryStanza.parse(STANZA.replace(b"glibc (2.36-9)", b"glibc"))
    assert (package.source, package.source_version) == ("glibc", "2.36-9+b1")


def test_names_of_people_in_old_indices_are_latin_1() -> None:
    old = STANZA.replace(b"Essential: yes", b"Maintainer: Bj\xf6rn\nEssential: yes")
    old += b"\nDescription: na\xefve\n Filename: \xff\n .\n \x85\x1e"
    package, now = BinaryStanza.parse(old), BinaryStanza.parse(STANZA)
    assert read_binary_fields(old) == read_binary_fields(STANZA)
    assert (package.stanza, package.checksums) == (old, now.checksums)
    assert (package.field("Maintainer"), package.essential) == ("Bj\ufffdrn", True)


def test_an_index_from_before_2007_has_no_sha256() -> None:
    old = STANZA.replace(b"SHA256: " + b"A" * 64, b"").rstrip()
    assert BinaryStanza.parse(old).checksums.sha256 is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"Version: 2.36-9+b1\n", b"", "libc6.*the field Version is missing"),
        (b"Filename: ", b"Filenam: ", "the field Filename is missing"),
        (b"pool/main", b"../../etc", "not a safe path"),
        (b"pool/main/g/glibc/libc6_2.36-9+b1_amd64.deb", b"dists/s/InRelease", "metadata"),
        (b"pool/main", b"/pool", "not a safe path"),
        (b"pool/main", b"pool/\x00", "not a safe path"),
        (b"Size: 12", b"Size: x", "invalid literal"),
        (b"Size: 12", b"Size: -1", "cannot have the size"),
        (b"A" * 64, b"A" * 63, "not a SHA-256"),
        (b"Package: libc6\nSource", b"Package: lib c6\nSource", "not a word"),
        (b"glibc (2.36-9)", b"glibc 2.36-9", "not a Source field"),
        (b"pool/main", b"pool/m\xe4in", "the field Filename is not UTF-8"),
        (b"Version: 2", b"Version: \xb2", "the field Version is not UTF-8"),
    ],
)
def test_a_broken_stanza_is_refused_by_name(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        BinaryStanza.parse(STANZA.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"", b""),
        (b"Source: glibc (2.36-9)\n", b""),
        (b"glibc (2.36-9)", b"glibc"),
        (b"glibc (2.36-9)", b"glibc  (2.36-9) "),
        (b"Version: 2.36", b"Version:2:2.36"),
        (b"Architecture: amd64", b"Architecture: all \t"),
        (b"SHA1: " + b"d" * 40 + b"\n", b""),
        (b"MD5sum: " + b"c" * 32, b"MD5sum: none"),
        (b"SHA1: " + b"d" * 40, b"SHA1: " + b"D" * 40),
        (b"\nSHA256: " + b"a" * 64, b""),
        (b"pool/main/g/glibc/", b"./pool/main/g/glibc/"),
        (b"pool/main/g/glibc/", b"dists/slink/main/"),
        (b"_2.36-9+b1_amd64.deb", b"_1%3a2.36 ~x.deb"),
        (b"Size: 12", b"Size: 012"),
        (b"Essential: yes", b"Package: twice"),
    ],
)
def test_the_usual_and_the_careful_reading_agree(
    old: bytes, new: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    stanza = STANZA.replace(b"A" * 64, b"a" * 64).replace(old, new)
    once = read_binary_fields(stanza)
    monkeypatch.setattr(packages, "_USUAL", re.compile(r"(?!)"))
    assert read_binary_fields(stanza) == once


def test_most_stanzas_are_read_by_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(stanza: bytes, found: object) -> None:
        raise AssertionError(stanza)

    monkeypatch.setattr(packages, "_read_carefully", refuse)
    assert read_binary_fields(STANZA.replace(b"A" * 64, b"a" * 64)).name == "libc6"
