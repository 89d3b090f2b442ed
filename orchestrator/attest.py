# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing links: the one place where the server's key is used.

Our key signs nothing that was not compared with an original from a verified index. What a
worker signed keeps its own signature and gets ours beside it; verifiers of rebuilderd's world
keep signatures in a map, so no key id may stand there twice.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.check_link import CheckedLink
from orchestrator.judge import OriginalFile
from orchestrator.keys import SigningKey
from snapshot.digest import Digest
from snapshot.link import Signature, SignedLink, make_link
from snapshot.verdict import Original, Status
from storage.ledger.values import JudgedArtifact


def sign_link(link: SignedLink, key: SigningKey) -> SignedLink:
    """Add our signature, unless it is there already."""
    private = Ed25519PrivateKey.from_private_bytes(key.seed)
    return link.with_signature(Signature(key.keyid, private.sign(link.payload()).hex()))


def attest(
    judged: JudgedArtifact,
    original: OriginalFile | None,
    worker_link: CheckedLink | None,
    *,
    vouched: bool,
    materials: dict[str, Digest],
    key: SigningKey,
) -> SignedLink | None:
    """The link to publish for one judged artifact, if any.

    Args:
        judged: The artifact with its verdict.
        original: What it was compared with.
        worker_link: What the worker signed, already checked.
        vouched: Whether all that the worker's link states was checked, see `vouch_for_link`.
        materials: What it was built from, by file name; empty when we know no digest of it.
        key: Our key for good statements.

    Returns:
        The worker's link with our signature; our own link when the worker sent none that we
        can vouch for; the worker's link as it came when only a record knows the original;
        None when there is nothing to publish, which is so for everything that is not GOOD.
    """
    if judged.status is not Status.GOOD or judged.sha256 is None or original is None:
        return None
    theirs = None if worker_link is None else worker_link.link
    attestable = original.origin is Original.INDEX and original.sha256 == judged.sha256
    if not attestable:
        return theirs
    if theirs is not None and vouched:
        return sign_link(theirs, key)
    inputs = materials or ({} if theirs is None else theirs.materials())
    if not inputs:
        return None
    return sign_link(make_link(original.file_name, judged.sha256, inputs), key)
