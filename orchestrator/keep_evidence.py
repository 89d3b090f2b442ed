# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting what a report carries into the blob store: log, diffoscope texts, links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.packed_text import PackedText, pack
from orchestrator.pair_artifacts import Pair
from storage.blobs import BlobStore
from storage.ledger.values import NewEvidence


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """What was kept.

    Attributes:
        evidence: For the ledger.
        log_tail: The end of the log that came with the report; empty when it was uploaded.
    """

    evidence: tuple[NewEvidence, ...]
    log_tail: bytes


def keep_evidence(
    blobs: BlobStore, build_log: bytes, pairs: Sequence[Pair], *, limit: int
) -> KeptEvidence:
    """Store a report's bodies, durable before anything refers to them.

    Args:
        blobs: Where to.
        build_log: Plain or zstd; empty when there is none.
        pairs: The report's artifacts with their originals.
        limit: Most bytes that one of them may unpack to.

    Raises:
        InvalidInput: A body that cannot be unpacked. Nothing refers to what was stored.
    """
    kept: list[NewEvidence] = []
    tail = b""
    if build_log:
        packed = pack(build_log, limit=limit, what="build_log", tail=1 << 18)
        tail = packed.tail
        kept.append(_store(blobs, "log", "", packed))
    for original, reported in pairs:
        if reported is None:
            continue
        # A link is published only when it holds; as evidence it is kept even when it lies.
        for kind, data in (
            ("diffoscope-text", reported.diffoscope),
            ("attestation", reported.attestation),
        ):
            if data:
                what = f"{kind} of {original.file_name}"
                packed = pack(data, limit=limit, what=what, tail=0)
                kept.append(_store(blobs, kind, original.file_name, packed))
    blobs.sync()
    return KeptEvidence(tuple(kept), tail)


def _store(blobs: BlobStore, kind: str, name: str, packed: PackedText) -> NewEvidence:
    blob = blobs.add([packed.frame], durable=False)
    return NewEvidence(
        kind=kind,
        name=name,
        digest=blob.digest,
        size=blob.size,
        encoding="zstd",
        content_digest=packed.content_digest,
    )
