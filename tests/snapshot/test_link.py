# SPDX-License-Identifier: GPL-3.0-or-later
"""Links: byte-exact canonical JSON, the golden vector, and a link rebuilderd 0.28 made."""

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.formats import encode_canonical

from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.link import Signature, SignedLink, canonical_json, make_link


def _hashes(data: bytes) -> dict[str, str]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "sha512": hashlib.sha512(data).hexdigest()}


GOLDEN: dict[str, Any] = {
    "_type": "link",
    "name": "rebuild hello_1.0-1_amd64.deb",
    "materials": {"hello_1.0-1_amd64.buildinfo": _hashes(b"buildinfo\n")},
    "products": {"hello_1.0-1_amd64.deb": _hashes(b"deb\n")},
    "environment": None,
    "byproducts": {},
    "command": [],
}


def test_the_golden_vector_gives_the_known_bytes_and_signature() -> None:
    payload = SignedLink(GOLDEN).payload()
    assert len(payload) == 620
    assert Digest.of(payload).hex.startswith("67f2b7af702f162610ca189a27ac13c0")
    signature = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).sign(payload).hex()
    assert signature.startswith("93fa1754bfbe501cd0f27458e7116cf083b32ad937b5e28a")


def test_canonical_json_equals_the_reference_implementation() -> None:
    value = {"b": [1, True, None, 'ä"\\'], "a": {"z": -5, "é": ""}}
    assert canonical_json(value).decode() == encode_canonical(value)


def test_a_float_has_no_canonical_form() -> None:
    with pytest.raises(InvalidInput):
        canonical_json({"a": 1.5})


def test_our_link_has_the_one_shape_that_three_verifiers_accept() -> None:
    link = make_link("a_1_all.deb", Digest("a" * 64), {"a_1.buildinfo": Digest("b" * 64)})
    assert link.signed["environment"] == {}
    assert link.signed["products"] == {"a_1_all.deb": {"sha256": "a" * 64}}
    assert link.products() == {"a_1_all.deb": Digest("a" * 64)}
    assert link.materials() == {"a_1.buildinfo": Digest("b" * 64)}


def test_one_key_signs_once() -> None:
    link = make_link("a.deb", Digest("a" * 64), {})
    once = link.with_signature(Signature("1" * 64, "2" * 128))
    assert once.with_signature(Signature("1" * 64, "3" * 128)) is once


def test_a_link_reads_back_without_a_changed_byte_in_what_was_signed() -> None:
    link = SignedLink(GOLDEN, (Signature("1" * 64, "2" * 128),))
    again = SignedLink.from_json(link.to_json())
    assert again.payload() == link.payload()
    assert again.signatures == link.signatures


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[]",
        b"{",
        b'{"signed":{"_type":"layout"},"signatures":[]}',
        b'{"signed":{"_type":"link"}}',
        b'{"signed":{"_type":"link"},"signatures":[{}]}',
        b"[" * 100_000,
        b" " * 2_000_000,
    ],
)
def test_what_is_no_link_is_refused(bad: bytes) -> None:
    with pytest.raises(InvalidInput):
        SignedLink.from_json(bad)
