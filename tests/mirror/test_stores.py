# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator wires."""

from __future__ import annotations

from mirror.remote_file import RemoteFile
from mirror.stores import open_fetcher
from snapshot.digest import Checksums, Digest
from storage.blobs import MemoryBlobs
from tests.faulty_upstream import FaultyUpstream, status


def test_a_fetcher_is_made_of_what_it_is_given() -> None:
    blobs, pauses = MemoryBlobs(), list[float]()
    fetcher = open_fetcher(
        blobs,
        agent="dejabuild/1 (+mailto:a@example.org)",
        clock=lambda: 0.0,
        sleep=pauses.append,
        random=lambda: 0.0,
    )
    with FaultyUpstream({"/x": b"body"}) as upstream:
        upstream.fault("/x", status(500))
        remote = RemoteFile("x", (f"{upstream.url}/x",), Checksums(4, Digest.of(b"body")))
        assert fetcher.fetch(remote).blob.digest == Digest.of(b"body")
        assert upstream.agents == {"dejabuild/1 (+mailto:a@example.org)"}
    assert pauses == [0.5]
