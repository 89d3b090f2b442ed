# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from orchestrator.originals import (
    CatalogueOriginals,
    IndexedFile,
    NoOriginals,
    normalise_originals,
)
from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp
from snapshot.verdict import Original
from storage.catalogue.records import (
    BlobState,
    FileLocation,
    IndexedArtifact,
    PackageRecord,
    StoredFile,
    Trust,
)
from storage.ledger.records import Artifact
from tests.orchestrator.reports import FakeOriginals

DEB, OTHER = Digest.of(b"deb"), Digest.of(b"other")
FILE = IndexedFile(DEB, 3, "a_1_amd64.deb", "a", "1", "amd64", verified=True)
KNOWN = Artifact(7, 1, "a_1_amd64.deb", "a", "1", "amd64", DEB, 3, "", Original.RECORD)
BARE = replace(KNOWN, sha256=None, size=None)


def origin(artifact: Artifact, *files: IndexedFile) -> tuple[Digest | None, Original]:
    (found,) = normalise_originals([artifact], FakeOriginals(*files), [DEB, OTHER])
    assert (found.artifact_id, found.file_name) == (7, "a_1_amd64.deb")
    return found.sha256, found.origin


def test_a_digest_in_a_verified_index_may_be_vouched_for() -> None:
    assert origin(KNOWN, FILE) == (DEB, Original.INDEX)


def test_a_digest_in_no_index_may_not() -> None:
    assert origin(KNOWN) == (DEB, Original.RECORD)
    assert origin(KNOWN, replace(FILE, digest=OTHER)) == (DEB, Original.RECORD)


def test_an_index_nobody_signed_does_not_count() -> None:
    assert origin(KNOWN, replace(FILE, verified=False)) == (DEB, Original.RECORD)


def test_the_bytes_of_another_package_do_not_count() -> None:
    for other in (
        replace(FILE, name="b"),
        replace(FILE, version="2"),
        replace(FILE, architecture="all"),
    ):
        assert origin(KNOWN, other) == (DEB, Original.RECORD)


def test_an_unknown_digest_is_taken_from_the_index() -> None:
    assert origin(BARE, FILE) == (DEB, Original.INDEX)
    assert origin(BARE) == (None, Original.RECORD)


def test_of_two_files_with_one_name_nobody_knows_which() -> None:
    assert origin(BARE, FILE, replace(FILE, digest=OTHER)) == (None, Original.RECORD)


def test_without_an_archive_half_nothing_is_known() -> None:
    (found,) = normalise_originals([KNOWN], NoOriginals())
    assert (found.sha256, found.origin) == (DEB, Original.RECORD)


class FakeIndex:
    """A catalogue that lists one file in two architectures."""

    def __init__(self, trust: Trust) -> None:
        self.trust = trust

    def indexed(self, digests: object) -> dict[Digest, IndexedArtifact]:
        assert isinstance(digests, list | set | frozenset | tuple)
        made = IndexedArtifact(
            "debian", "pool/a/a_1_amd64.deb", 3, "a", "1", "amd64", Timestamp(0), self.trust
        )
        return {DEB: made} if DEB in digests else {}

    def binary_files(self, name: str, version: str) -> tuple[FileLocation, ...]:
        return tuple(
            FileLocation(
                PackageRecord("binary", name, version, architecture, "a", "1"),
                StoredFile("pool/a/a_1_amd64.deb", digest, 3, None, BlobState.PRESENT),
                Coordinates("debian", "sid", "main", architecture),
                (Interval(Timestamp(0), None),),
                None,
            )
            for architecture, digest in (("amd64", DEB), ("arm64", OTHER))
        )


def test_the_catalogue_tells_what_it_has_verified() -> None:
    originals = CatalogueOriginals(FakeIndex("release"))
    assert originals.indexed([DEB, OTHER]) == {DEB: (FILE,)}
    assert originals.named("a", "1", "amd64") == (FILE,)
    assert originals.named("a", "1", "arm64") == ()


def test_an_archive_without_trust_verifies_nothing() -> None:
    (file,) = CatalogueOriginals(FakeIndex("none")).named("a", "1", "amd64")
    assert not file.verified
