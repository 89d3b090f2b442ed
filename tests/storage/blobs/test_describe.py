# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at stored bytes finds what happened to them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.errors import DejabuildError, NotFound, PermanentError, VerificationError
from storage.blobs import BlobReader, LocalBlobs, MemoryBlobs, describe


def test_a_stored_blob_is_what_it_was() -> None:
    store = MemoryBlobs()
    blob = store.add([b"data"])
    assert describe(store, blob.digest) == blob


def test_an_absent_blob_is_not_found() -> None:
    with pytest.raises(NotFound):
        describe(MemoryBlobs(), Digest.of(b"data"))


def test_describing_a_damaged_blob_finds_the_damage(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    digest = store.add([b"data"]).digest
    path = store.local_path(digest)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(b"dota")
    with pytest.raises(VerificationError, match="is damaged"):
        describe(store, digest)
    store.close()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EIO, VerificationError),
        (errno.EUCLEAN, VerificationError),
        (errno.EMFILE, PermanentError),
        (errno.EACCES, PermanentError),
        (errno.ESTALE, PermanentError),
    ],
)
def test_only_bytes_that_the_disk_lost_are_damaged(
    monkeypatch: pytest.MonkeyPatch, number: int, kind: type[DejabuildError]
) -> None:
    store = MemoryBlobs()
    digest = store.add([b"data"]).digest

    def fails(*_: object) -> BlobReader:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(store, "open", fails)
    with pytest.raises(kind, match=str(digest)):
        describe(store, digest)


def test_whoever_asks_is_told_each_piece() -> None:
    store = MemoryBlobs()
    blob = store.add([bytes(600_000)])
    told: list[int] = []
    describe(store, blob.digest, tell=told.append)
    assert sum(told) == 600_000
    assert len(told) > 1
