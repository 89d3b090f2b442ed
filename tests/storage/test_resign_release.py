# SPDX-License-Identifier: GPL-3.0-or-later
"""What we sign again says the same, never expires, and names its original."""

from __future__ import annotations

import pytest

from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.release import Release
from storage.resign_release import ORIGINAL, resigned_text

TEXT = b"""Origin: Debian
Suite: stable
Codename: lenny
Date: Sat, 14 Feb 2009 10:16:37 UTC
Valid-Until: Sat, 21 Feb 2009 10:16:37 UTC
 and a second line of it
Components: main
"""
INDEX = Digest.of(b"index")
LIST = f"SHA256:\n {INDEX} 5 main/binary-amd64/Packages\n".encode()
OLD = b"MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 5 main/binary-amd64/Packages\n"
ORIGINAL_DIGEST = Digest.of(b"InRelease")


def signed(text: bytes) -> bytes:
    return (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n"
        + text
        + b"-----BEGIN PGP SIGNATURE-----\n\nwsB=\n-----END PGP SIGNATURE-----\n"
    )


@pytest.mark.parametrize("document", [TEXT + LIST, signed(TEXT + LIST)])
def test_every_line_stays_but_the_end_of_its_validity(document: bytes) -> None:
    made = resigned_text(document, ORIGINAL_DIGEST, [])
    gone = b"Valid-Until: Sat, 21 Feb 2009 10:16:37 UTC\n and a second line of it\n"
    assert made == f"{ORIGINAL}: {ORIGINAL_DIGEST}\n".encode() + (TEXT + LIST).replace(gone, b"")
    assert Release.parse(made).valid_until is None
    assert str(Release.parse(made).date) == "20090214T101637Z"


def test_somebody_elses_word_of_an_original_is_not_repeated() -> None:
    forged = f"{ORIGINAL.lower()}: {'0' * 64}\n".encode()
    made = resigned_text(forged + TEXT + LIST, ORIGINAL_DIGEST, [])
    assert made.lower().count(ORIGINAL.lower().encode()) == 1
    assert str(ORIGINAL_DIGEST).encode() in made


def test_a_release_from_before_sha256_gets_the_digests_it_was_verified_by() -> None:
    made = resigned_text(TEXT + OLD, ORIGINAL_DIGEST, [("main/binary-amd64/Packages", INDEX, 5)])
    files = Release.parse(made).files["main/binary-amd64/Packages"]
    assert files.sha256 == INDEX
    assert OLD in made


def test_a_document_that_breaks_off_is_not_signed() -> None:
    with pytest.raises(InvalidInput):
        resigned_text(signed(TEXT + LIST)[:-40], ORIGINAL_DIGEST, [])
