# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.attest import sign_link
from orchestrator.check_link import CheckedLink, check_link, worker_key_bytes
from orchestrator.keys import SigningKey
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, VerificationError
from snapshot.link import SignedLink, make_link

KEY = SigningKey.from_seed(bytes(range(32)))
OTHER = SigningKey.from_seed(b"o" * 32)
NAME, DEB = "hello_1_amd64.deb", Digest.of(b"deb")
RECORD = "hello_1_amd64.buildinfo"
MATERIALS = {RECORD: Digest.of(b"record")}


def check(data: bytes, materials: dict[str, Digest] = MATERIALS) -> CheckedLink:
    return check_link(
        data, worker_key=KEY.public, file_name=NAME, input_name=RECORD, materials=materials
    )


def signed(
    name: str = NAME, materials: dict[str, Digest] = MATERIALS, key: SigningKey = KEY
) -> bytes:
    return sign_link(make_link(name, DEB, materials), key).to_json()


def test_an_honest_link_tells_its_product() -> None:
    assert check(signed()).product == DEB


def test_a_link_signed_by_another_key_is_refused() -> None:
    with pytest.raises(VerificationError, match="no signature of the key"):
        check(signed(key=OTHER))


def change(edit: Callable[[dict[str, Any]], None]) -> bytes:
    value = json.loads(signed())
    edit(value)
    return json.dumps(value).encode()


def test_a_changed_product_breaks_the_signature() -> None:
    def lie(value: dict[str, Any]) -> None:
        value["signed"]["products"][NAME]["sha256"] = Digest.of(b"evil").hex

    with pytest.raises(VerificationError, match="does not hold"):
        check(change(lie))


def test_a_signature_that_is_no_hex_is_refused() -> None:
    def garble(value: dict[str, Any]) -> None:
        value["signatures"][0]["sig"] = "zz"

    with pytest.raises(VerificationError, match="does not hold"):
        check(change(garble))


def test_a_link_about_another_package_is_refused() -> None:
    with pytest.raises(VerificationError, match=r"speaks of other_1_amd64\.deb"):
        check(signed(name="other_1_amd64.deb"))


def test_other_materials_than_the_job_named_are_refused() -> None:
    with pytest.raises(VerificationError, match="other materials"):
        check(signed(materials={RECORD: Digest.of(b"another record")}))
    with pytest.raises(VerificationError, match="other materials"):
        check(signed(materials={**MATERIALS, "more": DEB}))


def test_a_material_without_a_sha256_is_not_overlooked() -> None:
    link = make_link(NAME, DEB, MATERIALS)
    more = {**link.signed["materials"], "evil.buildinfo": {"sha512": "00" * 64}}
    padded = SignedLink({**link.signed, "materials": more})
    with pytest.raises(VerificationError, match="without its SHA-256"):
        check(sign_link(padded, KEY).to_json())


def test_when_we_know_no_digest_of_the_input_its_name_must_be_right() -> None:
    assert check(signed(), materials={}).product == DEB
    with pytest.raises(VerificationError, match="does not name"):
        check(signed(materials={"other.buildinfo": DEB}), materials={})


def test_signatures_of_strangers_are_left_out() -> None:
    def crowd(value: dict[str, Any]) -> None:
        value["signatures"] += [
            {"keyid": "\ud800", "sig": ""},
            dict(value["signatures"][0]),
            {"keyid": OTHER.keyid, "sig": "00" * 64},
        ]

    link = check(change(crowd)).link
    assert [s.keyid for s in link.signatures] == [KEY.keyid]
    assert link.to_json() == signed()


@pytest.mark.parametrize("member", [{"x": "\ud800"}, {"x": 1.5}, json.loads("[" * 400 + "]" * 400)])
def test_what_cannot_be_signed_is_refused(member: object) -> None:
    def spoil(value: dict[str, Any]) -> None:
        value["signed"]["byproducts"] = member

    with pytest.raises(VerificationError):
        check(change(spoil))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"signed":{"_type":"link"}}', b"\xff" * 9])
def test_what_is_no_link_is_refused(data: bytes) -> None:
    with pytest.raises(VerificationError):
        check(data)


@pytest.mark.parametrize("key", ["", "curlkey", "AAAA", "é"])
def test_a_worker_key_that_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="worker key"):
        worker_key_bytes(key)
