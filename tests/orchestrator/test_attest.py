# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from hashlib import sha512
from types import MappingProxyType

from orchestrator.attest import attest, sign_link
from orchestrator.check_link import CheckedLink
from orchestrator.judge import OriginalFile
from orchestrator.keys import SigningKey
from snapshot.digest import Digest
from snapshot.link import SignedLink, make_link
from snapshot.verdict import Original, Status
from storage.ledger.values import JudgedArtifact

KEY = SigningKey.from_seed(bytes(range(32)))
WORKER = SigningKey.from_seed(b"w" * 32)
DEB = Digest.of(b"deb\n")
MATERIALS = {"hello_1.0-1_amd64.buildinfo": Digest.of(b"buildinfo\n")}
NAME = "hello_1.0-1_amd64.deb"
ORIGINAL = OriginalFile(1, "hello", NAME, DEB, 4, Original.INDEX)
JUDGED = JudgedArtifact(1, "hello", NAME, Status.GOOD, DEB, 4)


def worker_link() -> CheckedLink:
    return CheckedLink(sign_link(make_link(NAME, DEB, MATERIALS), WORKER), DEB)


def test_the_golden_vector_of_rebuilderd() -> None:
    signed: dict[str, object] = {
        "_type": "link",
        "name": f"rebuild {NAME}",
        "materials": {
            "hello_1.0-1_amd64.buildinfo": {
                "sha256": Digest.of(b"buildinfo\n").hex,
                "sha512": sha512(b"buildinfo\n").hexdigest(),
            }
        },
        "products": {
            NAME: {
                "sha256": DEB.hex,
                "sha512": sha512(b"deb\n").hexdigest(),
            }
        },
        "environment": None,
        "byproducts": {},
        "command": [],
    }
    link = SignedLink(MappingProxyType(signed))
    assert len(link.payload()) == 620
    assert (
        Digest.of(link.payload()).hex
        == "67f2b7af702f162610ca189a27ac13c019a4df92dc939d66db1b1193f24b7b53"
    )
    (signature,) = sign_link(link, KEY).signatures
    assert signature.keyid == "607f42135d7855e1145188a58aaf4c055fec1edbd7041680576e486f7ea574d1"
    assert signature.sig == (
        "93fa1754bfbe501cd0f27458e7116cf083b32ad937b5e28a26d9d8e04987950d"
        "c47b8488b69ba2953762b3504a35b912c1629da040cef6f0680b31f3d542b803"
    )


def test_a_workers_link_gets_our_signature_behind_its_own() -> None:
    link = attest(JUDGED, ORIGINAL, worker_link(), vouched=True, materials=MATERIALS, key=KEY)
    assert link is not None
    assert [s.keyid for s in link.signatures] == [WORKER.keyid, KEY.keyid]


def test_no_key_signs_twice() -> None:
    ours = CheckedLink(sign_link(make_link(NAME, DEB, MATERIALS), KEY), DEB)
    link = attest(JUDGED, ORIGINAL, ours, vouched=True, materials=MATERIALS, key=KEY)
    assert link == ours.link


def test_we_make_the_link_when_the_worker_sent_none() -> None:
    link = attest(JUDGED, ORIGINAL, None, vouched=True, materials=MATERIALS, key=KEY)
    assert link is not None
    assert (link.products(), link.materials()) == ({NAME: DEB}, MATERIALS)


def test_a_link_that_we_cannot_vouch_for_is_not_signed_but_replaced_by_ours() -> None:
    theirs = worker_link()
    link = attest(JUDGED, ORIGINAL, theirs, vouched=False, materials=MATERIALS, key=KEY)
    assert link is not None
    assert [s.keyid for s in link.signatures] == [KEY.keyid]
    assert attest(JUDGED, ORIGINAL, theirs, vouched=False, materials={}, key=KEY) == link


def test_without_known_materials_we_make_none() -> None:
    assert attest(JUDGED, ORIGINAL, None, vouched=True, materials={}, key=KEY) is None


def test_what_only_a_record_knows_keeps_the_workers_signature_alone() -> None:
    recorded = replace(ORIGINAL, origin=Original.RECORD)
    link = attest(JUDGED, recorded, worker_link(), vouched=True, materials=MATERIALS, key=KEY)
    assert link is not None
    assert [s.keyid for s in link.signatures] == [WORKER.keyid]
    assert attest(JUDGED, recorded, None, vouched=True, materials=MATERIALS, key=KEY) is None


def test_nothing_is_published_about_what_is_not_good() -> None:
    for status in (Status.BAD, Status.UNKNOWN):
        judged = replace(JUDGED, status=status)
        assert (
            attest(judged, ORIGINAL, worker_link(), vouched=True, materials=MATERIALS, key=KEY)
            is None
        )


def test_a_good_that_is_not_the_original_is_not_signed() -> None:
    other = replace(ORIGINAL, sha256=Digest.of(b"other"))
    link = attest(JUDGED, other, worker_link(), vouched=True, materials=MATERIALS, key=KEY)
    assert link is not None
    assert KEY.keyid not in [s.keyid for s in link.signatures]
