# SPDX-License-Identifier: GPL-3.0-or-later
"""What a suite says about itself."""

from __future__ import annotations

import pytest

from snapshot.digest import Checksums, Digest
from snapshot.errors import InvalidInput
from snapshot.release import Release
from snapshot.timestamp import Timestamp

TEXT = f"""Origin: Debian
Label: Debian
Suite: stable
Codename: bookworm
Date: Sat, 11 Jul 2026 10:16:37 UTC
Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC
Acquire-By-Hash: yes
No-Support-for-Architecture-all: Packages
Architectures: all amd64
Components: main updates/main
Snapshots: https://example.org/@SNAPSHOTID@/
MD5Sum:
 {"c" * 32} 7 main/binary-amd64/Packages
SHA256:
 {"a" * 64} 7 main/binary-amd64/Packages
 {"b" * 64} 5 main/binary-amd64/Packages.xz
"""


def test_every_field_we_use_is_read() -> None:
    release = Release.parse(TEXT.encode())
    assert (release.origin, release.label) == ("Debian", "Debian")
    assert (release.suite, release.codename) == ("stable", "bookworm")
    assert release.date == Timestamp.parse("20260711T101637Z")
    assert release.valid_until == Timestamp.parse("20260718T101637Z")
    assert release.architectures == ("all", "amd64")
    assert release.components == ("main", "updates/main")
    assert release.acquire_by_hash
    assert release.no_support_for_all
    assert release.snapshots == "https://example.org/@SNAPSHOTID@/"
    assert dict(release.files) == {
        "main/binary-amd64/Packages": Checksums(7, Digest("a" * 64), None, "c" * 32),
        "main/binary-amd64/Packages.xz": Checksums(5, Digest("b" * 64)),
    }


def test_only_the_signed_text_of_an_inrelease_counts() -> None:
    armour = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
    end = "-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n"
    signed = "Suite: evil\n" + armour + TEXT + end + "Suite: evil\n"
    assert Release.parse(signed.encode()) == Release.parse(TEXT.encode())


def test_optional_fields_may_be_absent() -> None:
    release = Release.parse(
        f"Date: Sat, 11 Jul 2026 10:16:37 UTC\nMD5Sum:\n {'c' * 32} 7 P\n".encode()
    )
    assert release.files["P"].sha256 is None
    assert release.valid_until is None
    assert release.snapshots is None
    assert not release.acquire_by_hash
    assert not release.no_support_for_all


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Date: Sat, 11 Jul 2026 10:16:37 UTC\n", "", "the field Date is missing"),
        ("Date: Sat, 11 Jul", "Date: 99 Foo", "not a date"),
        ("main/binary-amd64/Packages.xz", "../../etc/passwd", "line 16: not a safe path"),
        ("main/binary-amd64/Packages.xz", "/etc/passwd", "line 16: not a safe path"),
        (TEXT[TEXT.index("MD5Sum") :], "", "no list of files"),
    ],
)
def test_a_release_that_cannot_be_used_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Release.parse(TEXT.replace(old, new).encode())
