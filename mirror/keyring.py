# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenPGP keyrings as gpgv wants them: binary. Armoured ones (`.asc`) are unwrapped here."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from snapshot.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\r?\n"
    rb"(.*?)"
    rb"-----END PGP PUBLIC KEY BLOCK-----",
    re.DOTALL,
)


def binary_keyring(path: Path) -> bytes:
    """The keys of a file as binary packets.

    Raises:
        ConfigurationError: Absent, unreadable, empty, or a broken armour.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"keyring {path}: {error.strerror}",
            advice="set `keyring` of the archive to a file of OpenPGP public keys",
        ) from error
    if not data.strip():
        raise ConfigurationError(f"keyring {path} is empty")
    if b"-----BEGIN PGP" not in data:
        return data
    blocks = [_dearmoured(block, path) for block in _BLOCK.findall(data)]
    if not blocks:
        raise ConfigurationError(f"keyring {path}: no complete public key block in it")
    return b"".join(blocks)


def _dearmoured(block: bytes, path: Path) -> bytes:
    """The bytes of one armoured block: after its headers, without the checksum line."""
    lines = [line.strip() for line in block.splitlines()]
    start = lines.index(b"") + 1 if b"" in lines else 0
    body = b"".join(line for line in lines[start:] if not line.startswith(b"="))
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise ConfigurationError(f"keyring {path}: broken armour: {error}") from error
