# SPDX-License-Identifier: GPL-3.0-or-later
"""What one program is told, another one reads; two that are told the same at once both succeed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.timestamp import Timestamp
from storage.blobs import Blob
from storage.catalogue import BlobState, Catalogue
from storage.catalogue.write_catalogue import CatalogueWriter
from storage.database import Database

NOW = Timestamp(1_700_000_000)
DIGEST = Digest.of(b"bytes")


def test_what_the_writer_is_told_another_catalogue_reads(catalogue_database: Database) -> None:
    writer, reader = CatalogueWriter(catalogue_database), Catalogue(catalogue_database)
    writer.record_blob(Blob(DIGEST, 5, "0" * 40))
    known = reader.blob_by_hash(DIGEST.hex)
    assert known is not None
    assert (known.size, known.state) == (5, BlobState.PRESENT)
    writer.set_blob_state([DIGEST], BlobState.REMOVED)
    assert reader.blobs_in_state(BlobState.REMOVED) == (DIGEST,)


def test_an_environment_that_many_keep_at_once_is_kept_for_each(
    catalogue_database: Database,
) -> None:
    writer, reader = CatalogueWriter(catalogue_database), Catalogue(catalogue_database)
    environment = Environment("deb", frozenset({Member("a", "amd64", "1", DIGEST)}))
    holders = [f"job:{number}" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda holder: writer.add_environment(environment, now=NOW, holder=holder), holders
            )
        )
    for holder in holders:
        found = reader.environment(environment.id)
        assert found is not None
        assert found.pinned
        assert not writer.remove_environment(environment.id)
        assert writer.unpin(holder) == 1
    assert writer.remove_environment(environment.id)
    assert reader.environment(environment.id) is None
