# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs in memory keep the contract."""

from __future__ import annotations

import pytest

from storage.blobs import BlobStore, MemoryBlobs
from tests.contracts.blob_store import BlobStoreContract


class TestMemoryBlobs(BlobStoreContract):
    @pytest.fixture
    def store(self) -> BlobStore:
        return MemoryBlobs()
