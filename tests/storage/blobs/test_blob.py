# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about bytes, and what does not hold."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshot.digest import Checksums, Digest
from snapshot.errors import VerificationError
from storage.blobs import Blob
from storage.blobs.blob import RunningHash, check


@given(st.lists(st.binary(max_size=50)))
def test_one_pass_over_any_pieces(pieces: list[bytes]) -> None:
    running = RunningHash()
    for piece in pieces:
        running.update(piece)
    data = b"".join(pieces)
    assert running.blob() == Blob(Digest.of(data), len(data), hashlib.sha1(data).hexdigest())


def test_size_is_checked_even_where_no_digest_is_known() -> None:
    blob = Blob(Digest.of(b"x"), 1, "")
    check(blob, Checksums(1), "x")
    check(blob, Checksums(1, Digest.of(b"x")), "x")
    with pytest.raises(VerificationError, match="x: expected 2 bytes, got 1"):
        check(blob, Checksums(2), "x")
    with pytest.raises(VerificationError, match="wrong SHA-256"):
        check(blob, Checksums(1, Digest.of(b"y")), "x")
