# SPDX-License-Identifier: GPL-3.0-or-later
"""The first two values of the path."""

from __future__ import annotations

import pytest

from mirror.remote_file import FetchedFile, RemoteFile
from snapshot.digest import Checksums, Digest
from storage.blobs import Blob


def test_they_are_values() -> None:
    remote = RemoteFile("x", ("http://a/x",), Checksums(1, Digest.of(b"x")))
    fetched = FetchedFile(remote, Blob(Digest.of(b"x"), 1, "0" * 40), "http://a/x", 1)
    assert fetched == FetchedFile(remote, Blob(Digest.of(b"x"), 1, "0" * 40), "http://a/x", 1)
    assert len({remote, RemoteFile("x", ("http://a/x",), Checksums(1, Digest.of(b"x")))}) == 1
    with pytest.raises(AttributeError):
        remote.name = "y"  # type: ignore[misc]
