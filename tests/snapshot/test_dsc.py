# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of source packages."""

from __future__ import annotations

import pytest

from snapshot.dsc import Dsc
from snapshot.errors import InvalidInput

TEXT = f"""Format: 3.0 (quilt)
Source: catdoc
Binary: catdoc, catdoc-dbg
Architecture: any
Version: 1:0.95-6
Build-Depends: debhelper-compat (= 13),
 dh-autoreconf
Build-Depends-Indep: man-db
Checksums-Sha256:
 {"b" * 64} 217779 catdoc_0.95.orig.tar.gz
Files:
 {"d" * 32} 217779 catdoc_0.95.orig.tar.gz
""".encode()
SIGNED = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
    + TEXT
    + b"-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n"
)


def test_every_field_we_use_is_read() -> None:
    dsc = Dsc.parse(TEXT)
    assert (dsc.source, dsc.version, dsc.format) == ("catdoc", "1:0.95-6", "3.0 (quilt)")
    assert dsc.binaries == ("catdoc", "catdoc-dbg")
    assert dsc.architectures == ("any",)
    assert dsc.build_depends == "debhelper-compat (= 13), dh-autoreconf"
    assert (dsc.build_depends_arch, dsc.build_depends_indep) == ("", "man-db")
    assert [file.name for file in dsc.files] == ["catdoc_0.95.orig.tar.gz"]
    assert not dsc.signed


def test_a_signed_one_reads_the_same() -> None:
    dsc = Dsc.parse(SIGNED)
    assert dsc.signed
    assert dsc.files == Dsc.parse(TEXT).files


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SIGNED[:400], "x.dsc: a clearsigned document without the end"),
        (TEXT[:100], "x.dsc, line 6: not a field"),
        (TEXT[: TEXT.index(b"Checksums")], "x.dsc: no list of files"),
        (TEXT.replace(b"catdoc_0.95.orig", b"../orig"), "x.dsc, line 10: not a safe file name"),
        (b"\x1f\x8b\x08\x00binary", "x.dsc, line 1: a NUL byte"),
        (TEXT.replace(b"1:0.95-6", b"1 2"), "not a version"),
    ],
)
def test_a_broken_one_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Dsc.parse(data, name="x.dsc")
