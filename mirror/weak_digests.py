# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases from before SHA-256: refused, unless a policy believes SHA-1 or MD5 by name.

Whoever can make two files with one such digest can have a signed Release vouch for either.
What is believed so all the same is said by the run (`release-sha1`, `release-md5`), and its
SHA-256 is computed and recorded, so that it cannot change any more.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from snapshot.errors import CorruptUpstream, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mirror.policy import ArchivePolicy
    from snapshot.digest import Checksums
    from snapshot.release import Release
    from storage.catalogue import Trust

Proof = Literal["SHA256", "SHA1", "MD5"]

_TRUSTS: dict[Proof, Trust] = {
    "MD5": "release-md5",
    "SHA1": "release-sha1",
    "SHA256": "release",
}


def proof_of(release: Release, suite: str, policy: ArchivePolicy) -> Proof:
    """Which of its digests a Release is believed by.

    Raises:
        VerificationError: It has no SHA-256, and nothing else that the policy names.
    """
    listed = release.files.values()
    if any(checksums.sha256 for checksums in listed):
        return "SHA256"
    has: dict[Proof, bool] = {
        "SHA1": any(checksums.sha1 for checksums in listed),
        "MD5": any(checksums.md5 for checksums in listed),
    }
    for proof, there in has.items():
        if there and proof in policy.weak_digests:
            return proof
    strongest = next((proof for proof, there in has.items() if there), "MD5")
    raise VerificationError(
        f"the Release of {suite} has no SHA-256 digests, {strongest} is its strongest",
        advice=f'forgers can beat that: weak_digests = ["{strongest}"] in '
        f"[archive.{policy.name}] believes it knowingly, and each run will say so",
    )


def has_proof(checksums: Checksums, proof: Proof) -> bool:
    """Whether a member has the digest that its Release is believed by."""
    digests = {"SHA256": checksums.sha256, "SHA1": checksums.sha1, "MD5": checksums.md5}
    return digests[proof] is not None


def run_trust(proofs: Iterable[Proof], policy: ArchivePolicy) -> Trust:
    """How a run is proved: as its weakest suite is."""
    if policy.trust == "none":
        return "none"
    found = set(proofs)
    return next(trust for proof, trust in _TRUSTS.items() if proof in found)


def check_weakly(data: bytes, checksums: Checksums, name: str) -> None:
    """Hold bytes against the strongest digest that is known of them.

    Raises:
        CorruptUpstream: They are other bytes.
    """
    if checksums.sha1 is not None:
        good = hashlib.sha1(data, usedforsecurity=False).hexdigest() == checksums.sha1
    else:
        good = hashlib.md5(data, usedforsecurity=False).hexdigest() == checksums.md5
    if len(data) != checksums.size or not good:
        raise CorruptUpstream(f"{name}: {len(data):,} bytes that are not those of its Release")
