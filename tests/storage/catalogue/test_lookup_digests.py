# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about some bytes."""

from __future__ import annotations

import pytest

from snapshot.coordinates import Coordinates
from snapshot.errors import InvalidInput
from storage.blobs import Blob
from storage.catalogue import BlobState, Catalogue, Trust
from storage.catalogue.lookup_digests import _BLOBS
from storage.database import Database
from tests.query_plan import query_plan
from tests.storage.catalogue.archive_maker import (
    MAIN,
    SOURCE,
    binary,
    content,
    day,
    import_run,
    release_of,
    source,
    stage,
)

DEB = content("a_1.0_amd64")


def import_trusted(
    catalogue: Catalogue, archive: str, number: int, trust: Trust, tag: str = ""
) -> None:
    stream = Coordinates(archive, "sid", "main", "amd64")
    draft = catalogue.begin_run(archive, day(number), trust=trust, origin="x")
    catalogue.stage_release(draft, release_of(draft, name=f"{archive} {number}"))
    stage(catalogue, draft, [binary("a", tag=tag)], stream)
    catalogue.publish(draft)


def test_bytes_are_found_by_an_index_of_known_sha1s(catalogue_database: Database) -> None:
    assert "blobs_by_sha1" in query_plan(catalogue_database, _BLOBS[40], digest=b"x" * 20)


def test_bytes_are_found_by_sha256_and_by_sha1(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    found = catalogue.blob_by_hash(DEB.hex)
    assert found
    assert (found.digest, found.size, found.state) == (DEB, 1001, BlobState.KNOWN)
    assert catalogue.blob_by_hash(DEB.hex[:40]) == found
    assert catalogue.blob_by_hash("0" * 64) is None


@pytest.mark.parametrize("digits", ["", "abc", "g" * 64, "A" * 40, "0" * 41])
def test_what_is_no_digest_is_refused(catalogue: Catalogue, digits: str) -> None:
    with pytest.raises(InvalidInput, match="40"):
        catalogue.blob_by_hash(digits)


def test_of_two_with_one_sha1_the_stored_one_is_given(catalogue: Catalogue) -> None:
    stanza = binary("b").replace(content("b_1.0_amd64").hex[:40].encode(), DEB.hex[:40].encode())
    import_run(catalogue, day(1), [binary("a"), stanza])
    for name in ("a_1.0_amd64", "b_1.0_amd64"):
        catalogue.record_blob(Blob(content(name), 1001, DEB.hex[:40]))
        catalogue.set_blob_state(
            [content(other) for other in ("a_1.0_amd64", "b_1.0_amd64") if other != name],
            BlobState.MISSING,
        )
        found = catalogue.blob_by_hash(DEB.hex[:40])
        assert found
        assert found.digest == content(name)


def test_an_indexed_digest_names_where_it_stands(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), {MAIN: [binary("a")], SOURCE: [source("s")]})
    dsc = content("s_1.0.dsc")
    found = catalogue.indexed([DEB, dsc, content("unknown")])
    assert found.keys() == {DEB, dsc}
    assert (found[DEB].archive, found[DEB].package, found[DEB].version) == ("debian", "a", "1.0")
    assert (found[DEB].first_run, found[DEB].trust) == (day(1), "release")
    assert found[dsc].architecture == "source"


def test_what_only_a_blob_or_a_draft_says_is_not_indexed(catalogue: Catalogue) -> None:
    other = content("uploaded by a worker")
    catalogue.record_blob(Blob(other, 5, "0" * 40))
    draft = catalogue.begin_run("debian", day(1), trust="release", origin="x")
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("a")])
    assert catalogue.indexed([other, DEB]) == {}


def test_of_several_indices_the_best_proved_counts_then_the_earliest(catalogue: Catalogue) -> None:
    import_trusted(catalogue, "anyone", 1, "none")
    import_trusted(catalogue, "signed", 3, "release")
    import_trusted(catalogue, "signed-too", 2, "release")
    found = catalogue.indexed([DEB])[DEB]
    assert (found.archive, found.trust, found.first_run) == ("signed-too", "release", day(2))


def test_locations_are_every_place_of_the_bytes(catalogue: Catalogue) -> None:
    import_trusted(catalogue, "one", 1, "release")
    import_trusted(catalogue, "two", 2, "release")
    assert [one.coordinates.archive for one in catalogue.locations(DEB)] == ["one", "two"]
    assert catalogue.locations(content("unknown")) == ()


def test_the_stanza_of_a_file_is_given_byte_for_byte(catalogue: Catalogue) -> None:
    stanzas = [binary(f"p{number}", tag="ü" * number) for number in range(150)]
    import_run(catalogue, day(1), stanzas)
    digests = [content(f"p{number}_1.0_amd64") for number in range(150)]
    assert catalogue.stanzas(digests) == dict(zip(digests, stanzas, strict=True))


def test_of_restated_stanzas_the_first_is_given(catalogue: Catalogue) -> None:
    import_run(catalogue, day(2), [binary("a", tag="second")])
    import_run(catalogue, day(3), [binary("a", tag="third")])
    import_run(catalogue, day(1), [binary("a", tag="first")])
    assert catalogue.stanzas([DEB]) == {DEB: binary("a", tag="first")}


def test_the_stanza_of_a_verified_archive_goes_before_an_earlier_one_of_anybody(
    catalogue: Catalogue,
) -> None:
    import_trusted(catalogue, "anyone", 1, "none", "forged")
    assert catalogue.stanzas([DEB]) == {DEB: binary("a", tag="forged")}
    import_trusted(catalogue, "signed", 2, "release", "signed")
    assert catalogue.stanzas([DEB]) == {DEB: binary("a", tag="signed")}


def test_a_source_has_no_stanza_of_a_binary(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), {SOURCE: [source("s")]})
    assert catalogue.stanzas([content("s_1.0.dsc")]) == {}
