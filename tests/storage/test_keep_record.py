# SPDX-License-Identifier: GPL-3.0-or-later
"""A record is kept by its bytes; the same bytes again are the same record."""

from __future__ import annotations

from snapshot.record import read_record
from storage.blobs import MemoryBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from storage.keep_record import keep_record
from tests.mirror.closure_bench import RECORD


def test_a_record_is_kept_once(catalogue_database: Database) -> None:
    catalogue, blobs = Catalogue(catalogue_database), MemoryBlobs()
    record = read_record(RECORD)
    kept = [
        keep_record(catalogue, blobs, record, RECORD, name=name, origin="test")
        for name in ("first", "second")
    ]
    assert len(set(kept)) == 1
    assert b"".join(blobs.open(kept[0])) == RECORD
    (found,) = catalogue.buildinfos(record.source)
    assert (found.name, found.origin, found.signature_state) == ("first", "test", "unsigned")
    assert found.architectures == ("amd64",)
