# SPDX-License-Identifier: GPL-3.0-or-later
"""Ed25519 keys in the forms that rebuilderd's world reads and writes.

rebuilderd's PEM is *not* RFC 8410: its algorithm identifier carries a NULL parameter and its
lines end in CRLF. Its clients refuse the standard form without a word, and the standard
libraries refuse rebuilderd's, so both are written and read here, byte by byte.
"""

from __future__ import annotations

import base64
import binascii
import re

from snapshot.digest import Digest
from snapshot.errors import InvalidInput

_SPKI_NULL = bytes.fromhex("302c300706032b65700500032100")
_SPKI_RFC8410 = bytes.fromhex("302a300506032b6570032100")
_PKCS8_HEAD = bytes.fromhex("3051020101300506032b657004220420")
_PKCS8_MIDDLE = bytes.fromhex("812100")
_PEM = re.compile(
    r"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]{1,400}?)\s*-----END PUBLIC KEY-----"
)


def rebuilderd_pem(public: bytes) -> str:
    """The PEM of `/api/v1/meta/public-keys`: NULL parameter, CRLF lines."""
    body = base64.b64encode(_SPKI_NULL + _checked(public)).decode("ascii")
    return f"-----BEGIN PUBLIC KEY-----\r\n{body}\r\n-----END PUBLIC KEY-----\r\n"


def rfc8410_pem(public: bytes) -> str:
    """The standard PEM, for openssl, in-toto and everybody else."""
    body = base64.b64encode(_SPKI_RFC8410 + _checked(public)).decode("ascii")
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"


def public_from_pem(text: str) -> bytes:
    """The 32 bytes of either PEM form.

    Raises:
        InvalidInput: Not an Ed25519 public key.
    """
    match = _PEM.search(text)
    if match is None:
        raise InvalidInput("no PEM public key found")
    try:
        der = base64.b64decode(re.sub(r"\s", "", match.group(1)), validate=True)
    except binascii.Error as error:
        raise InvalidInput(f"PEM public key: {error}") from error
    for head in (_SPKI_NULL, _SPKI_RFC8410):
        if der.startswith(head) and len(der) == len(head) + 32:
            return der[len(head) :]
    raise InvalidInput("the PEM holds no Ed25519 public key")


def private_der(seed: bytes, public: bytes) -> bytes:
    """PKCS#8 version 2 with the public part, as rebuilderd's workers keep it."""
    return _PKCS8_HEAD + _checked(seed) + _PKCS8_MIDDLE + _checked(public)


def seed_from_private_der(der: bytes) -> bytes:
    """The 32 secret bytes of a key file in rebuilderd's form.

    Raises:
        InvalidInput: Another form.
    """
    if not der.startswith(_PKCS8_HEAD) or len(der) != 83 or der[48:51] != _PKCS8_MIDDLE:
        raise InvalidInput("not an Ed25519 PKCS#8 v2 key", advice="83 bytes of DER are expected")
    return der[16:48]


def keyid(public: bytes) -> str:
    """The in-toto key id of rebuilderd's libraries: 64 hexadecimal digits."""
    # securesystemslib leaves the hash algorithms out and so gets another id;
    # clients of rebuilderd count no vote under that one.
    text = (
        '{"keyid_hash_algorithms":["sha256","sha512"],"keytype":"ed25519",'
        f'"keyval":{{"public":"{_checked(public).hex()}"}},"scheme":"ed25519"}}'
    )
    return Digest.of(text.encode("ascii")).hex


def _checked(raw: bytes) -> bytes:
    if len(raw) != 32:
        raise InvalidInput(f"an Ed25519 key has 32 bytes, not {len(raw)}")
    return raw
