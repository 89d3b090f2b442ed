# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ops.demo.check_attestations import check_attestations, server_key
from ops.demo.rebuild_cases import result_of
from snapshot.digest import Digest
from snapshot.link import Signature, make_link
from snapshot.public_key import keyid, rebuilderd_pem
from tests.ops.demo.test_fixture import CASE
from tests.ops.demo.test_rebuild_cases import state

NAME = "a_2-3_all.deb"
CONTENT = b"package"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()


class Server:
    """Answers of a server, by path."""

    base = "http://127.0.0.1"

    def __init__(self, **artifact: Any) -> None:
        digest = Digest.of(CONTENT)
        link = make_link(NAME, digest, {"a.buildinfo": Digest.of(b"record")})
        signed = link.with_signature(Signature(keyid(PUBLIC), KEY.sign(link.payload()).hex()))
        entry = {"file_name": NAME, "sha256": digest.hex, "origin": "index"}
        entry |= {"attestation": "http://127.0.0.1/link"} | artifact
        self._answers = {
            "/api/v1/meta/public-keys": json.dumps({"current": [rebuilderd_pem(PUBLIC)]}).encode(),
            "/api/dejabuild/v1/attempts/7": json.dumps({"artifacts": [entry]}).encode(),
            "/link": signed.to_json(),
            f"/file/{digest}/{NAME}": CONTENT,
        }

    def get(self, path: str, *, show: int = 0) -> bytes:
        del show
        return self._answers[path]

    def get_json(self, path: str, *, show: int = 0) -> Any:
        return json.loads(self.get(path, show=show))


def checked(**artifact: Any) -> Any:
    server: Any = Server(**artifact)
    return check_attestations(server, result_of(CASE, state("GOOD")), server_key(server))


@pytest.mark.programs
def test_a_link_that_holds_is_verified() -> None:
    result = checked()
    assert result.verified == {NAME}
    assert result.as_expected


def test_a_missing_link_is_a_complaint() -> None:
    assert checked(attestation=None).complaints == (f"{NAME}: no link",)


def test_what_no_verified_index_names_needs_no_link() -> None:
    result = checked(origin="record", attestation=None)
    assert (result.verified, result.complaints) == (frozenset(), ())


@pytest.mark.parametrize("said", [state("BAD"), state("FAIL", "build-failed")])
def test_only_good_results_have_links(said: dict[str, Any]) -> None:
    server: Any = Server()
    assert check_attestations(server, result_of(CASE, said), PUBLIC).verified == frozenset()
