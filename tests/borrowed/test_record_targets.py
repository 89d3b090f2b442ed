# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets, links and signatures of real records and real attestations."""

from __future__ import annotations

import pytest

from orchestrator.check_link import check_link, verify_signature
from orchestrator.originals import NoOriginals
from orchestrator.record_target import target_from_buildinfo
from snapshot.buildinfo import BuildInfo
from snapshot.digest import Digest
from snapshot.errors import VerificationError
from snapshot.link import SignedLink
from snapshot.public_key import public_from_pem
from tests.borrowed.conftest import SHARED

AS_SLICE = "librust-as-slice-dev_0.2.1-1+b2_amd64"


@pytest.mark.parametrize("source", ["catdoc", "base-files", "what-is-python", "distro-info-data"])
def test_a_real_record_asks_for_the_files_that_were_built(source: str) -> None:
    folder = SHARED / "debian-builds" / source
    (path,) = folder.glob("*.buildinfo")
    data = path.read_bytes()
    made = target_from_buildinfo(
        BuildInfo.parse(data, name=path.name),
        name=path.name,
        digest=Digest.of(data),
        originals=NoOriginals(),
    )
    built = {deb.name: Digest.of(deb.read_bytes()) for deb in folder.glob("*.deb")}
    asked = {a.file_name: a.sha256 for a in made.artifacts}
    assert built.items() <= asked.items()


def test_a_production_attestation_holds_and_no_longer_when_it_is_touched() -> None:
    folder = SHARED / "attestations"
    key = public_from_pem((folder / "reproduce-debian-net-amd64.pub").read_text())
    data = (folder / f"{AS_SLICE}.in-toto.link").read_bytes()
    (material,) = SignedLink.from_json(data).materials()

    def check(link: bytes) -> Digest:
        return check_link(
            link,
            worker_key=key,
            file_name=f"{AS_SLICE}.deb",
            input_name=material,
            materials={},
        ).product

    digest = Digest.of((folder / f"{AS_SLICE}.deb").read_bytes())
    assert check(data) == digest
    with pytest.raises(VerificationError):
        check(data.replace(digest.hex.encode(), Digest.of(b"evil").hex.encode()))


def test_a_link_of_rebuilderd_0_28_is_signed_by_its_server() -> None:
    folder = SHARED / "attestations"
    key = public_from_pem((folder / "rebuilderd-0.28.golden.pub").read_text())
    link = SignedLink.from_json((folder / "node-is-typedarray.rebuilderd-0.28.link").read_bytes())
    verify_signature(link, key)
    (deb,) = folder.glob("node-is-typedarray_*.deb")
    assert link.products() == {deb.name: Digest.of(deb.read_bytes())}
