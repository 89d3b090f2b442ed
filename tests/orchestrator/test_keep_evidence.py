# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from orchestrator.keep_evidence import keep_evidence
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.verdict import Original, Status
from snapshot.wire import ArtifactReport
from storage.blobs import MemoryBlobs
from storage.ledger.records import Artifact

DEB = Artifact(1, 1, "a_1_amd64.deb", "a", "1", "amd64", None, None, "", Original.RECORD)


def test_log_difference_and_link_are_kept_by_digest() -> None:
    blobs = MemoryBlobs()
    report = ArtifactReport("a", Status.BAD, diffoscope=b"--- a", attestation=b"{}")
    kept = keep_evidence(blobs, b"a log", ((DEB, report),), limit=100)
    assert [(e.kind, e.name) for e in kept.evidence] == [
        ("log", ""),
        ("diffoscope-text", "a_1_amd64.deb"),
        ("attestation", "a_1_amd64.deb"),
    ]
    assert kept.log_tail == b"a log"
    assert kept.evidence[0].content_digest == Digest.of(b"a log")
    assert all(blobs.contains(e.digest) and e.encoding == "zstd" for e in kept.evidence)


def test_what_was_not_sent_is_not_kept() -> None:
    kept = keep_evidence(
        MemoryBlobs(), b"", ((DEB, None), (DEB, ArtifactReport("a", Status.BAD))), limit=9
    )
    assert kept.evidence == ()
    assert kept.log_tail == b""


def test_what_is_too_large_is_named() -> None:
    report = ArtifactReport("a", Status.BAD, diffoscope=b"x" * 10)
    with pytest.raises(InvalidInput, match="diffoscope-text of a_1_amd64"):
        keep_evidence(MemoryBlobs(), b"", ((DEB, report),), limit=9)
