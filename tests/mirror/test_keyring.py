# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyrings in any usual form, or a message that names the file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mirror.keyring import binary_keyring
from snapshot.errors import ConfigurationError
from tests.openpgp import ThrowawayKey


def test_armoured_and_binary_keys_are_the_same(tmp_path: Path, throwaway_key: ThrowawayKey) -> None:
    (tmp_path / "a.asc").write_bytes(throwaway_key.public(armour=True))
    (tmp_path / "b.gpg").write_bytes(throwaway_key.public())
    assert binary_keyring(tmp_path / "a.asc") == binary_keyring(tmp_path / "b.gpg")


def test_several_blocks_in_one_file_are_all_taken(
    tmp_path: Path, throwaway_key: ThrowawayKey
) -> None:
    armoured = throwaway_key.public(armour=True)
    (tmp_path / "two.asc").write_bytes(b"A comment\n" + armoured + b"\n" + armoured)
    assert binary_keyring(tmp_path / "two.asc") == 2 * throwaway_key.public()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n", "no complete public key block"),
        (
            b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n???\n-----END PGP PUBLIC KEY BLOCK-----\n",
            "broken armour",
        ),
    ],
)
def test_a_file_without_keys_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "keys.asc").write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"keys.asc.*{message}"):
        binary_keyring(tmp_path / "keys.asc")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.gpg: No such file"):
        binary_keyring(tmp_path / "absent.gpg")


def test_the_fixture_is_a_real_key(throwaway_key: ThrowawayKey) -> None:
    listing = subprocess.run(
        ["gpg", "--show-keys", "--with-colons"],
        input=throwaway_key.public(),
        capture_output=True,
        check=True,
    )
    assert throwaway_key.fingerprint.encode() in listing.stdout
