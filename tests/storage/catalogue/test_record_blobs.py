# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue learns what the store holds."""

from __future__ import annotations

import pytest

from storage.blobs import Blob
from storage.catalogue import BlobState, Catalogue, record_blobs
from tests.storage.catalogue.archive_maker import binary, content, day, import_run

DEB = content("a_1.0_amd64")
BLOB = Blob(DEB, 1001, "ab" * 20)


def test_bytes_an_index_named_become_present_with_their_real_sha1_and_size(
    catalogue: Catalogue,
) -> None:
    import_run(catalogue, day(1), [binary("a")])
    true = Blob(DEB, 7, "ab" * 20)
    catalogue.record_blob(true)
    import_run(catalogue, day(2), [binary("a", tag="says the wrong size again")])
    found = catalogue.blob_by_hash(DEB.hex)
    assert found
    assert (found.state, found.sha1, found.size) == (BlobState.PRESENT, "ab" * 20, 7)


def test_bytes_nobody_named_are_known_from_then_on(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_blobs, "BLOBS_AT_ONCE", 2)
    blobs = [Blob(content(str(number)), number, "0" * 40) for number in range(5)]
    catalogue.record_blobs(iter(blobs + blobs))
    assert catalogue.blobs_in_state(BlobState.PRESENT) == tuple(sorted(b.digest for b in blobs))


def test_bytes_can_be_gone_and_come_back(catalogue: Catalogue) -> None:
    catalogue.record_blob(BLOB)
    catalogue.set_blob_state([DEB], BlobState.MISSING)
    assert catalogue.blobs_in_state(BlobState.MISSING) == (DEB,)
    catalogue.record_blob(BLOB)
    assert catalogue.blobs_in_state(BlobState.MISSING) == ()


def test_nothing_to_record_is_fine(catalogue: Catalogue) -> None:
    catalogue.record_blobs([])
    catalogue.set_blob_state([], BlobState.MISSING)
