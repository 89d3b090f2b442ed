# SPDX-License-Identifier: GPL-3.0-or-later
"""Only the signed text of a document is ever read."""

from __future__ import annotations

import pytest

from snapshot.clearsign import is_clearsigned, signed_text
from snapshot.errors import InvalidInput

SIGNED = b"""text before
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

Format: 1.0
- -----BEGIN PGP SIGNED MESSAGE-----
- - dash
last

-----BEGIN PGP SIGNATURE-----

iQ
-----END PGP SIGNATURE-----
Version: evil
"""


def test_text_around_the_armour_is_not_read_and_dashes_are_unescaped() -> None:
    assert signed_text(SIGNED) == (
        b"Format: 1.0\n-----BEGIN PGP SIGNED MESSAGE-----\n- dash\nlast\n\n"
    )
    assert is_clearsigned(SIGNED)


def test_a_plain_document_is_its_own_text() -> None:
    assert signed_text(b"Format: 1.0\r\nSource: x\r\n") == b"Format: 1.0\nSource: x\n"
    assert not is_clearsigned(b"Format: 1.0\n")


@pytest.mark.parametrize("lost", [b"-----END PGP SIGNATURE-----", b"-----BEGIN PGP SIGNATURE-----"])
def test_a_truncated_signature_is_refused(lost: bytes) -> None:
    with pytest.raises(InvalidInput, match="truncated"):
        signed_text(SIGNED[: SIGNED.index(lost)])


def test_a_second_message_in_one_document_is_refused() -> None:
    with pytest.raises(InvalidInput, match="more than one"):
        signed_text(SIGNED + SIGNED)


def test_an_unescaped_dash_cannot_come_from_a_signer() -> None:
    with pytest.raises(InvalidInput, match=r"line 8: an unescaped dash"):
        signed_text(SIGNED.replace(b"last\n", b"-last\n"))


def test_text_smuggled_in_as_an_armour_header_is_refused() -> None:
    with pytest.raises(InvalidInput, match="armour header"):
        signed_text(SIGNED.replace(b"Hash: SHA512\n", b"Hash: SHA512\n Format: 1.0\n"))


def test_a_message_without_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="without text"):
        signed_text(
            b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n"
            b"-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n"
        )


def test_an_oversized_document_is_refused_unread() -> None:
    with pytest.raises(InvalidInput, match=r"x\.buildinfo: 11 bytes, more than the 10"):
        signed_text(b"a" * 11, name="x.buildinfo", limit=10)
