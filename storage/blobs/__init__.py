# SPDX-License-Identifier: GPL-3.0-or-later
"""Stored bytes, named by their SHA-256.

`BlobStore` is what the other rooms use; `LocalBlobs` keeps them on a disk, `MemoryBlobs`
in memory, `storage.blobs.s3.S3Blobs` in an object store (to be imported by who needs its compiled
client). One contract suite (`tests/contracts/blob_store.py`) runs over all of them.
"""

from storage.blobs.blob import Blob, StoredBlob
from storage.blobs.describe import describe
from storage.blobs.local import LocalBlobs
from storage.blobs.memory import MemoryBlobs
from storage.blobs.reader import BlobReader
from storage.blobs.store import BlobStore, BlobWriter

__all__ = [
    "Blob",
    "BlobReader",
    "BlobStore",
    "BlobWriter",
    "LocalBlobs",
    "MemoryBlobs",
    "StoredBlob",
    "describe",
]
