# SPDX-License-Identifier: GPL-3.0-or-later
"""A collection over every kind of blob store and both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.collect import CollectStores, collect
from snapshot.digest import Digest
from storage.blobs import BlobStore, LocalBlobs, MemoryBlobs, describe
from storage.blobs.s3 import S3Blobs
from storage.catalogue import BlobState, Catalogue
from storage.database import Database
from storage.ledger import Ledger
from tests.object_stores import ObjectServer
from tests.storage.catalogue.archive_maker import binary, content, day, import_run

OLD, KEPT = (f"{name}_1.0_amd64" for name in ("old", "kept"))
DAY = 86400.0


@pytest.fixture(params=["local", "memory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "local":
        return LocalBlobs(tmp_path / "blobs")
    if request.param == "memory":
        return MemoryBlobs()
    server: ObjectServer = request.getfixturevalue("seaweed")
    return S3Blobs(server.place(), tmp_path / "spool")


def test_what_only_removed_runs_had_goes_from_any_store(
    blobs: BlobStore, catalogue_database: Database, ledger_database: Database, tmp_path: Path
) -> None:
    catalogue = Catalogue(catalogue_database)
    import_run(catalogue, day(1), [binary("old"), binary("kept")])
    import_run(catalogue, day(2), [binary("kept")])
    words = {OLD, KEPT, "nobody's"}
    for word in words:
        catalogue.record_blob(blobs.add([word.encode()]))
    catalogue.remove_runs("debian", [day(1)], now=day(9))
    now = max(one.stored for one in blobs.stored())
    for days, left in ((6, words), (8, {KEPT})):
        stores = CollectStores(
            catalogue,
            Ledger(ledger_database),
            blobs,
            None,
            tmp_path / "run",
            lambda days=days: now + days * DAY,  # type: ignore[misc]
        )
        found = collect(stores, grace=7 * DAY, most=1.0, delete=True)
        assert {word for word in words if blobs.contains(content(word))} == left
    assert (found.packages.count, found.others.count, found.stored.count) == (1, 1, 3)
    assert found.packages.size == len(OLD)
    assert describe(blobs, content(KEPT)).size == len(KEPT)
    known = catalogue.blob_by_hash(Digest.of(OLD.encode()).hex)
    assert known is not None
    assert known.state is BlobState.REMOVED
