# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ops.demo.verify_links import Attested, tools_missing, verify_link
from snapshot.digest import Digest
from snapshot.link import Signature, make_link
from snapshot.public_key import keyid

pytestmark = pytest.mark.programs

NAME = "a+b_1~x-2_all.deb"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()


@pytest.fixture(scope="module")
def attested() -> Attested:
    assert tools_missing() == ()
    content = b"package"
    link = make_link(NAME, Digest.of(content), {"a.buildinfo": Digest.of(b"record")})
    signature = Signature(keyid(PUBLIC), KEY.sign(link.payload()).hex())
    return Attested(NAME, content, link.with_signature(signature).to_json())


def test_a_link_about_the_file_i_hold_is_accepted(attested: Attested) -> None:
    assert verify_link(attested, PUBLIC).holds


def test_other_bytes_under_the_same_name_are_refused(attested: Attested) -> None:
    assert not verify_link(replace(attested, content=b"other"), PUBLIC).holds


def test_another_key_is_refused(attested: Attested) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"x").public_key()
    assert "validly signed" in verify_link(attested, other.public_bytes_raw()).said


def test_a_changed_link_is_refused(attested: Attested) -> None:
    changed = attested.link.replace(b"a.buildinfo", b"b.buildinfo")
    assert not verify_link(replace(attested, link=changed), PUBLIC).holds
