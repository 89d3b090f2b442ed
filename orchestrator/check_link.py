# SPDX-License-Identifier: GPL-3.0-or-later
"""Checking a worker's link before anything in it is believed.

The worker's key in the header of a request proves nothing (nobody challenges it); its
signature over the link does.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from snapshot.digest import Digest
from snapshot.errors import InvalidInput, VerificationError
from snapshot.link import Signature, SignedLink
from snapshot.public_key import keyid


@dataclass(frozen=True, slots=True)
class CheckedLink:
    """A link that its worker really signed, about the file it was sent for.

    Attributes:
        link: As it came, with the worker's signature alone.
        product: SHA-256 of the package it speaks of.
    """

    link: SignedLink
    product: Digest


def check_link(
    data: bytes,
    *,
    worker_key: bytes,
    file_name: str,
    input_name: str,
    materials: Mapping[str, Digest],
) -> CheckedLink:
    """Read and check a link.

    Args:
        data: The file, unpacked.
        worker_key: 32 bytes of the worker's public key.
        file_name: Of the artifact the link was sent for.
        input_name: File name of what the job said to build from.
        materials: Digests we know of those inputs; empty when we know none.

    Raises:
        VerificationError: It is not signed by that worker, or speaks of something else.
    """
    try:
        sent = SignedLink.from_json(data)
        # Signatures of strangers would be published beside ours, whoever they are.
        link = SignedLink(sent.signed, (verify_signature(sent, worker_key),))
        products = link.products()
        inputs = link.materials()
    except InvalidInput as error:
        raise VerificationError(f"the link of {file_name}: {error.message}") from error
    if set(products) != {file_name} or len(_names(link, "products")) != 1:
        raise VerificationError(
            f"the link of {file_name} speaks of {', '.join(sorted(products)) or 'nothing'}"
        )
    if link.signed.get("name") != f"rebuild {file_name}":
        raise VerificationError(f"the link of {file_name} is named {link.signed.get('name')!r:.80}")
    if len(_names(link, "materials")) != len(inputs):
        raise VerificationError(f"the link of {file_name} names a material without its SHA-256")
    _check_materials(inputs, file_name, input_name, materials)
    return CheckedLink(link, products[file_name])


def verify_signature(link: SignedLink, public: bytes) -> Signature:
    """The signature of a key over a link, when it holds.

    Raises:
        VerificationError: There is no valid signature of that key.
    """
    wanted = keyid(public)
    signature = next((s for s in link.signatures if s.keyid == wanted), None)
    if signature is None:
        raise VerificationError(f"the link has no signature of the key {wanted[:16]}…")
    try:
        raw = bytes.fromhex(signature.sig)
        Ed25519PublicKey.from_public_bytes(public).verify(raw, link.payload())
    except (ValueError, InvalidSignature, RecursionError) as error:
        raise VerificationError(f"the signature of {wanted[:16]}… does not hold") from error
    return signature


def worker_key_bytes(key: str) -> bytes:
    """The 32 bytes of an `X-Worker-Key`.

    Raises:
        InvalidInput: Not base64 of 32 bytes.
    """
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"worker key: not base64 ({error})") from error
    if len(raw) != 32:
        raise InvalidInput(f"worker key: {len(raw)} bytes instead of 32")
    return raw


def _check_materials(
    inputs: Mapping[str, Digest], file_name: str, input_name: str, known: Mapping[str, Digest]
) -> None:
    """We vouch for the whole link, so its materials must be what the job named."""
    if known:
        if dict(inputs) != dict(known):
            raise VerificationError(f"the link of {file_name} names other materials than the job")
    elif set(inputs) != {input_name}:
        raise VerificationError(f"the link of {file_name} does not name {input_name}")


def _names(link: SignedLink, member: str) -> Mapping[str, object]:
    found = link.signed.get(member)
    return found if isinstance(found, Mapping) else {}
