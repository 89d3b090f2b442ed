# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is believed: keys of the keyring, valid now, or then if it is history; nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirror.verify_signature import verify_detached, verify_inline
from snapshot.errors import Unsupported, VerificationError
from snapshot.timestamp import Timestamp
from tests.openpgp import ThrowawayKey

TEXT = b"Origin: Test\nSuite: stable\n- dashed\n"
THEN = 1_704_067_200  # 2024-01-01
EXPIRY = THEN + 86_400 * 100


@pytest.fixture
def keyring(tmp_path: Path, throwaway_key: ThrowawayKey) -> Path:
    path = tmp_path / "archive-keyring.asc"
    path.write_bytes(throwaway_key.public(armour=True))
    return path


@pytest.fixture(scope="module")
def expired_key() -> Iterator[ThrowawayKey]:
    key = ThrowawayKey("Of old", made=THEN, expires="20240410T000000")
    yield key
    key.close()


@pytest.mark.parametrize("history", [False, True])
def test_only_the_signed_text_comes_out(
    keyring: Path, throwaway_key: ThrowawayKey, history: bool
) -> None:
    document = b"Origin: not signed\n\n" + throwaway_key.inline(TEXT) + b"Suite: after it\n"
    signed = verify_inline(document, keyring, history=history, name="InRelease")
    assert signed.text == TEXT
    assert signed.signature.fingerprint == throwaway_key.fingerprint
    assert not signed.signature.expired_since


def test_a_detached_signature_covers_the_text(keyring: Path, throwaway_key: ThrowawayKey) -> None:
    signed = verify_detached(
        TEXT, throwaway_key.detached(TEXT), keyring, history=False, name="Release"
    )
    assert signed.text == TEXT
    with pytest.raises(VerificationError, match=r"Release: .*does not fit the text"):
        verify_detached(
            TEXT + b"x", throwaway_key.detached(TEXT), keyring, history=False, name="Release"
        )


@pytest.mark.parametrize("document", [TEXT, b"", b"\0\xff binary \n", b"-----BEGIN PGP"])
def test_unsigned_is_refused(keyring: Path, document: bytes) -> None:
    with pytest.raises(VerificationError, match="debian stable InRelease: not signed"):
        verify_inline(document, keyring, history=True, name="debian stable InRelease")


def test_an_altered_text_is_refused(keyring: Path, throwaway_key: ThrowawayKey) -> None:
    document = throwaway_key.inline(TEXT).replace(b"Suite: stable", b"Suite: hostil")
    with pytest.raises(VerificationError, match="InRelease: no signature"):
        verify_inline(document, keyring, history=True, name="InRelease")


def test_a_truncated_document_is_refused(keyring: Path, throwaway_key: ThrowawayKey) -> None:
    document = throwaway_key.inline(TEXT)
    for cut in (20, 60, 120, len(document) - 60):
        with pytest.raises(VerificationError):
            verify_inline(document[:cut], keyring, history=True, name="InRelease")


def test_a_stranger_is_refused_and_the_keyring_named(keyring: Path) -> None:
    stranger = ThrowawayKey("A stranger")
    try:
        with pytest.raises(VerificationError, match=r"archive-keyring\.asc .*not in the keyring"):
            verify_inline(stranger.inline(TEXT), keyring, history=True, name="InRelease")
    finally:
        stranger.close()


def test_a_bomb_of_a_stranger_is_not_unpacked(keyring: Path) -> None:
    stranger = ThrowawayKey("A stranger")
    try:
        bomb = stranger.packed(bytes(50 << 20))
    finally:
        stranger.close()
    assert len(bomb) < 1 << 20
    with pytest.raises(VerificationError, match="unpacks to more than its own"):
        verify_inline(bomb, keyring, history=True, name="InRelease")


def test_a_signature_over_sha1_is_good_for_history_only(
    keyring: Path, throwaway_key: ThrowawayKey
) -> None:
    document = throwaway_key.inline(TEXT, digest="SHA1")
    assert verify_inline(document, keyring, history=True, name="InRelease").text == TEXT
    with pytest.raises(VerificationError, match="can be forged, such as SHA-1"):
        verify_inline(document, keyring, history=False, name="InRelease")


def test_a_strangers_text_before_the_signed_one_is_refused(
    keyring: Path, throwaway_key: ThrowawayKey
) -> None:
    stranger = ThrowawayKey("A stranger")
    try:
        evil, good = stranger.inline(b"Suite: hostile\n"), throwaway_key.inline(TEXT)
    finally:
        stranger.close()
    with pytest.raises(VerificationError):
        verify_inline(evil + good, keyring, history=True, name="InRelease")


def test_one_known_signer_among_several_is_enough(
    keyring: Path, throwaway_key: ThrowawayKey
) -> None:
    stranger = ThrowawayKey("A stranger")
    try:
        both = stranger.detached(TEXT, armour=False) + throwaway_key.detached(TEXT, armour=False)
        signed = verify_detached(TEXT, both, keyring, history=False, name="Release")
        assert signed.signature.fingerprint == throwaway_key.fingerprint
    finally:
        stranger.close()


def test_a_key_that_expired_since_is_good_for_history_only(
    tmp_path: Path, expired_key: ThrowawayKey
) -> None:
    keyring = tmp_path / "old.gpg"
    keyring.write_bytes(expired_key.public())
    document = expired_key.inline(TEXT, at=THEN + 1000)
    signed = verify_inline(document, keyring, history=True, name="InRelease")
    assert signed.signature.expired_since
    assert signed.signature.made == Timestamp(THEN + 1000)
    with pytest.raises(VerificationError, match="the key has expired"):
        verify_inline(document, keyring, history=False, name="InRelease")


@pytest.mark.programs
def test_a_key_that_had_expired_when_it_signed_is_refused(tmp_path: Path) -> None:
    key = ThrowawayKey("Too late", made=THEN, expires="20240410T000000")
    try:
        keyring = tmp_path / "old.gpg"
        keyring.write_bytes(key.public())
        key.never_expire()
        document = key.inline(TEXT, at=EXPIRY + 1000)
        with pytest.raises(VerificationError, match="had expired when it signed"):
            verify_inline(document, keyring, history=True, name="InRelease")
    finally:
        key.close()


@pytest.mark.programs
@pytest.mark.parametrize("history", [False, True])
def test_a_revoked_key_is_refused_for_ever(tmp_path: Path, history: bool) -> None:
    key = ThrowawayKey("Stolen")
    try:
        document = key.inline(TEXT)
        key.revoke()
        keyring = tmp_path / "revoked.gpg"
        keyring.write_bytes(key.public())
        with pytest.raises(VerificationError, match="the key was revoked"):
            verify_inline(document, keyring, history=history, name="InRelease")
    finally:
        key.close()


def test_without_gpgv_the_message_says_what_to_install(
    keyring: Path, throwaway_key: ThrowawayKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = throwaway_key.inline(TEXT)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match="apt install gpgv"):
        verify_inline(document, keyring, history=False, name="InRelease")
