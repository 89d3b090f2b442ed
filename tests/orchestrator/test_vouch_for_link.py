# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from hashlib import sha512
from typing import Any

import pytest

from orchestrator.vouch_for_link import can_vouch
from snapshot.digest import Digest
from snapshot.link import SignedLink
from storage.blobs import MemoryBlobs

NAME, RECORD = "hello_1_amd64.deb", "hello_1_amd64.buildinfo"


def link(**changes: Any) -> SignedLink:
    """As rebuilderd's worker makes it."""
    signed: dict[str, Any] = {
        "_type": "link",
        "name": f"rebuild {NAME}",
        "materials": {RECORD: both(b"record")},
        "products": {NAME: both(b"deb")},
        "environment": None,
        "byproducts": {},
        "command": [],
    }
    return SignedLink({**signed, **changes})


def both(data: bytes) -> dict[str, str]:
    return {"sha256": Digest.of(data).hex, "sha512": sha512(data).hexdigest()}


def vouched(of: SignedLink, *held: bytes) -> bool:
    blobs = MemoryBlobs()
    for data in held:
        blobs.add([data])
    return can_vouch(of, {NAME, RECORD}, blobs)


def test_a_stock_link_about_bytes_that_we_hold_is_vouched_for() -> None:
    assert vouched(link(), b"deb", b"record")


def test_a_sha512_of_another_file_is_not_vouched_for() -> None:
    forged = {"sha256": Digest.of(b"deb").hex, "sha512": sha512(b"evil").hexdigest()}
    assert not vouched(link(products={NAME: forged}), b"deb", b"record")
    forged = {"sha256": Digest.of(b"record").hex, "sha512": sha512(b"evil").hexdigest()}
    assert not vouched(link(materials={RECORD: forged}), b"deb", b"record")


def test_what_cannot_be_checked_is_not_vouched_for() -> None:
    assert not vouched(link(), b"record")
    md5 = {"sha256": Digest.of(b"deb").hex, "md5": "0" * 32}
    assert not vouched(link(products={NAME: md5}), b"deb", b"record")


def test_where_the_bytes_lie_elsewhere_only_a_contradiction_counts() -> None:
    blobs = MemoryBlobs()
    assert can_vouch(link(), {NAME}, blobs, bytes_elsewhere=True)
    blobs.add([b"deb"])
    forged = {"sha256": Digest.of(b"deb").hex, "sha512": sha512(b"evil").hexdigest()}
    lie = link(products={NAME: forged})
    assert not can_vouch(lie, {NAME}, blobs, bytes_elsewhere=True)


def test_a_sha256_alone_was_compared_already() -> None:
    plain = {RECORD: {"sha256": Digest.of(b"record").hex}}
    products = {NAME: {"sha256": Digest.of(b"deb").hex}}
    assert vouched(link(products=products, materials=plain))


@pytest.mark.parametrize(
    "changes",
    [
        {"command": ["make", "evil"]},
        {"byproducts": {"return-value": 0}},
        {"environment": {"trusted": "yes"}},
        {"endorsed": "by us"},
    ],
)
def test_statements_about_what_nobody_saw_are_not_vouched_for(changes: dict[str, Any]) -> None:
    assert not vouched(link(**changes), b"deb", b"record")
