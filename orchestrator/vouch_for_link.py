# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether we can vouch for all that a worker's link states, not only for its SHA-256.

Stock workers state a SHA-512 beside it, and some verifiers go by that one alone: signing
unread what stands there would let one worker have us confirm any file. Where a target came by
rebuilderd's `POST /api/v1/packages`, its bytes and its input may lie elsewhere: there the link
is signed as rebuilderd does, unless bytes that we hold contradict it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from snapshot.digest import Digest
from snapshot.link import SignedLink
from storage.blobs import BlobStore

_CHECKED = {"_type", "name", "materials", "products"}
_EMPTY = {"environment", "byproducts", "command"}


def can_vouch(
    link: SignedLink, known: Iterable[str], blobs: BlobStore, *, bytes_elsewhere: bool = False
) -> bool:
    """Whether every statement of a link that `check_link` took is one that we checked.

    Args:
        link: As its worker signed it.
        known: Names of its files whose SHA-256 was compared with ours.
        blobs: Where their bytes are, if we hold them.
        bytes_elsewhere: Whether nobody promised that we hold them.
    """
    signed = link.signed
    # What a build did, where and by which command, nobody here has seen.
    if set(signed) - _CHECKED - _EMPTY or any(signed.get(member) for member in _EMPTY):
        return False
    stated = {**signed["materials"], **signed["products"]}
    return all(_holds(stated[name], blobs, unheld=bytes_elsewhere) for name in known)


def _holds(hashes: Mapping[str, Any], blobs: BlobStore, *, unheld: bool) -> bool:
    """Whether what stands beside the SHA-256 is of the same bytes."""
    others = set(hashes) - {"sha256"}
    if not others:
        return True
    digest = Digest(hashes["sha256"])
    if others != {"sha512"}:
        return False
    if not blobs.contains(digest):
        return unheld
    running = hashlib.sha512()
    with blobs.open(digest) as reader:
        for chunk in reader:
            running.update(chunk)
    return running.hexdigest() == str(hashes["sha512"])
