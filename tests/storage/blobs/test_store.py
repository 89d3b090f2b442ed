# SPDX-License-Identifier: GPL-3.0-or-later
"""Every store fits the contract's types; `tests/contracts/blob_store.py` has the behaviour."""

from __future__ import annotations

from pathlib import Path

from storage.blobs import BlobStore, BlobWriter, LocalBlobs, MemoryBlobs


def test_the_stores_are_blob_stores(tmp_path: Path) -> None:
    stores: list[BlobStore] = [LocalBlobs(tmp_path), MemoryBlobs()]
    for store in stores:
        writer: BlobWriter = store.writer("key")
        with writer:
            writer.write(b"x")
            assert writer.commit().size == 1
        store.close()
